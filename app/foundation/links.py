"""Every absolute URL we hand out, built from the configured origin and never from a Host header (A11)."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Links:
    """Absolute URLs; the paths are the contract's and must not change."""

    base_url: str

    def home(self) -> str:
        return f"{self.base_url}/"

    def confirm(self, token: str) -> str:
        return f"{self.base_url}/confirm/{token}"

    def preferences(self, token: str) -> str:
        return f"{self.base_url}/preferences/{token}"

    def unsubscribe(self, token: str) -> str:
        return f"{self.base_url}/unsubscribe/{token}"

    def guide(self, slug: str) -> str:
        return f"{self.base_url}/guides/{slug}"

    def download(self, slug: str, token: str) -> str:
        return f"{self.base_url}/guides/{slug}/download/{token}"

    def issues(self) -> str:
        return f"{self.base_url}/issues"

    def issue(self, slug: str) -> str:
        return f"{self.base_url}/issues/{slug}"

    def series(self, slug: str) -> str:
        return f"{self.base_url}/series/{slug}"

    def invitation(self, code: str) -> str:
        return f"{self.base_url}/i/{code}"

    def topic(self, slug: str) -> str:
        return f"{self.base_url}/topics/{slug}"

    def about(self) -> str:
        return f"{self.base_url}/about"

    def feed(self) -> str:
        return f"{self.base_url}/feed.xml"

    def click(self, token: str, number: int) -> str:
        return f"{self.base_url}/t/c/{token}/{number}"

    def open(self, token: str) -> str:
        return f"{self.base_url}/t/o/{token}.gif"

    def admin(self, path: str = "") -> str:
        return f"{self.base_url}/admin/{path}"
