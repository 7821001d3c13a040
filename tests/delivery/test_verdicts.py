"""What mail servers and providers say when they do not take a mail, and what it means: about the reader, the moment,
or us. The numbers and phrases are those of the servers; the addresses are ours."""

import pytest

from app.delivery.models import BounceClass
from app.delivery.verdicts import judge

HARD = """
550-5.1.1 The email account that you tried to reach does not exist. Please try double-checking the address
550 5.2.1 The email account that you tried to reach is disabled.
550-5.2.1 The email account that you tried to reach is inactive.
550 5.4.1 Recipient address rejected: Access denied. AS(201806281) [mx.outlook.example]
550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient ann@example.org not found by SMTP address lookup
550 5.1.1 RESOLVER.ADR.ExRecipNotFound; not found
550 5.5.0 Requested action not taken: mailbox unavailable (S2017062302).
550 Requested action not taken: mailbox unavailable
554 delivery error: dd This user doesn't have a yahoo.example account (ann@example.org) [0]
552 1 Requested mail action aborted, mailbox not found
554 30 Sorry, your message to ann@example.org cannot be delivered. This mailbox is disabled (554.30).
550 5.1.1 <ann@example.org>: Recipient address rejected: User unknown in relay recipient table
550 5.1.1 <ann@example.org>: Recipient address rejected: example.org
550 #5.1.0 Address rejected.
550 5.1.0 Address rejected. ann@example.org
550 No such recipient here
550 5.1.1 User Unknown
553 5.1.3 Invalid address
553 sorry, this recipient is not in my validrcptto list (#5.7.1)
550 5.7.1 <ann@example.org>: Recipient address rejected: user ann does not exist
525 5.7.13 Disabled recipient address
550 5.1.1 unknown or illegal alias: ann@example.org
550 cuda_nsu No such user (ann@example.org)
550 permanent failure for one or more recipients (ann@example.org:550 5.1.1 User unknown)
550 Invalid Recipient - https://community.mimecast.example/docs/DOC-1369#550 [abc]
550 Requested action not taken: mailbox unavailable For explanation visit postmaster.gmx.example?c=hi
550 5.1.1 Adresse d au moins un destinataire invalide. Invalid recipient. OFR204_418 [418]
550 5.5.0 Boite du destinataire archivee. Archived recipient
550 Mailbox not found. http://service.mail.qq.example/cgi-bin/help
550 The recipient may contain a non-existent account, please check the recipient address.
550 User not found: ann@163.example
550 5.7.1 No such user!
550 Message was not accepted -- invalid mailbox. Local mailbox ann@example.ru is unavailable: account is disabled
550 5.1.1 <ann@icloud.example>: user does not exist
550 5.1.1 Not our customer
550 5.1.2 ann@nowhere.example... Host unknown (Name server: nowhere.example: host not found)
550 5.4.310 DNS domain nowhere.example does not exist [Message=InfoDomainNonexistent]
550 unrouteable address
550 Unrouteable address
556 5.1.10 Recipient address has null MX
550 5.1.1 <nospam@example.org>: Recipient address rejected: User unknown in virtual mailbox table
550 5.1.1 <over.quota@blocked.example>... User unknown
511 5.1.1 unknown address error 550-'5.1.1 no such user'
550 That user does not have an account here
550 5.1.6 recipient no longer on server: ann@example.org
550 <ann@example.org> No such user here
550 ann@example.org... No such user
551 5.1.1 This is not a valid account
554 5.1.1 <ann@example.org>: Recipient address rejected: Mailbox has been closed
550 Unknown address
550 The following recipients are unknown: ann@example.org
550 Account has been suspended
550 5.2.1 <ann@example.org> Mailbox disabled for this recipient
550 5.1.1 Benutzer existiert nicht
550 5.1.1 Utente sconosciuto
550 5.1.1 Usuario desconocido
550 5.1.1 Destinataire inconnu
550 5.1.1 Usuário não existe
550 5.1.1 Gebruiker onbekend
550 5.1.1 Nie ma takiego użytkownika
550 5.1.1 Uživatel neexistuje
550 5.1.1 Användaren finns inte
550 5.1.1 Такого пользователя нет
550 5.1.1 用户不存在
"""

SOFT = """
452-4.2.2 The email account that you tried to reach is over quota.
552-5.2.2 The recipient's inbox is out of storage space and inactive.
552 5.2.2 user over quota; cannot receive new mail
554 5.2.2 mailbox full;STOREDRV.Deliver.Exception:QuotaExceededException.MapiExceptionShutoffQuotaExceeded
550 5.2.0 STOREDRV.Deliver.Exception:StorageTransientException.MapiExceptionTimeout; Failed to process message
550 5.1.1 <ann@example.org> mailbox full
552 Requested mail action aborted: exceeded storage allocation
550 Mailbox quota exceeded
554 5.7.1 The recipient's mailbox is over its storage limit
421 4.7.0 Try again later, closing connection.
450 4.7.1 Greylisting in action, please come back in 300 seconds
451 4.7.500 Server busy. Please try again later from [192.0.2.1].
432 4.3.2 STOREDRV.Deliver; recipient thread limit exceeded
550 4.4.7 QUEUE.Expired; message expired
550 5.4.300 Message expired -> 421 Service not available
550 5.4.316 Message expired, connection refused(Socket error code 10061)
450 4.1.1 <ann@example.org>: Recipient address rejected: unverified address: connection timed out
450 4.1.1 <ann@example.org>: Recipient address rejected: User unknown in local recipient table
450 4.2.1 The user you are trying to contact is receiving mail too quickly.
451 4.3.0 Mail server temporarily rejected message.
451 Temporary local problem - please try later
421 4.4.2 Connection dropped due to SocketError
554 5.4.14 Hop count exceeded - possible mail loop ATTR1
554 5.4.6 Too many hops
554 5.3.0 unknown mailer error 1
550 Mailbox is full / Blocks limit exceeded / Inode limit exceeded
550 5.2.2 La boîte est pleine
550 5.2.2 Postfach ist voll
550 5.2.2 Casella piena
450 4.4.1 connect to mx.example.org[192.0.2.7]:25: No route to host
4.4.3 Name service error for name=example.org type=MX: Host not found, try again
"""

POLICY = """
550-5.7.1 Our system has detected that this message is likely unsolicited mail.
550-5.7.26 This mail has been blocked because the sender is unauthenticated.
421-4.7.28 Our system has detected an unusual rate of unsolicited mail originating from your IP address.
550 5.7.606 Access denied, banned sending IP [192.0.2.1]
550 5.7.511 Access denied, banned sender[192.0.2.1].
550 5.7.1 Unfortunately, messages from [192.0.2.1] weren't sent. Your network is on our block list (S3140).
550 SC-001 (COL004-MC1F) Unfortunately, messages from 192.0.2.1 weren't sent. Your network is on our block list.
550 5.7.515 Access denied, sending domain letters.example does not meet the required authentication level.
554 5.7.9 Message not accepted for policy reasons.
554 Message not allowed - [PH01] Email not accepted for policy reasons.
550 High probability of spam
550 5.7.1 Message rejected as spam by Content Filtering.
554 5.7.1 [P4] Message blocked due to spam content in the message.
550 Rejected by header based Anti-Spoofing policy: mark@letters.example
550 Administrative prohibition - envelope blocked
550 Email rejected due to security policies - MCSpamSignature.x.x
550 5.7.0 Local Policy Violation
550 5.7.1 [CS01] Message rejected due to local policy.
550 5.7.509 Access denied, sending domain letters.example does not pass DMARC verification
550 5.7.23 The message was rejected because of Sender Policy Framework violation
521 5.2.1 :  (HVU:B1) AOL will not accept delivery of this message.
554 5.7.1 <mx[192.0.2.1]>: Client host rejected: Access denied
550 5.7.133 RESOLVER.RST.SenderNotAuthenticatedForGroup; authentication required
550 5.7.1 TRANSPORT.RULES.RejectMessage; the message was rejected by organization policy
550 5.1.8 <bounce+x@mail.letters.example>: Sender address rejected: Domain not found
553 5.1.8 Domain of sender address bounce@mail.letters.example does not exist
553 Domain of sender address bounce@mail.letters.example does not exist
550 Sender verify failed
550-Verification failed for <bounce@mail.letters.example> 550 Sender verify failed
550 5.7.1 Client host rejected: cannot find your reverse hostname
550 5.7.1 Unable to relay for ann@example.org
550 5.7.64 TenantAttribution; Relay Access Denied SMTP
553 sorry, that domain isn't in my list of allowed rcpthosts (#5.7.1)
554 Blocked - see https://ipcheck.proofpoint.example/?ip=192.0.2.1
553-Message filtered. Refer to the Troubleshooting page at symanteccloud.example/troubleshooting
501 Connection rejected by policy [7.7] 38103
554 DT:SPM 163 smtp, please see http://mail.163.example/help
550 5.1.7 Invalid sender address
554 5.7.1 This message has been blocked because it contains a virus
552 5.3.4 Message size exceeds fixed maximum message size
552 5.2.3 Message exceeds maximum fixed size
550 5.3.4 ROUTING.SizeLimit; message size exceeds fixed maximum size for route
5.3.4 message size 52428800 exceeds size limit 26214400 of server mx.example.org[192.0.2.7]
550 5.7.350 Remote server returned message detected as spam -> 550 5.7.1 Message rejected
550 Message was blocked by the recipient's administrator
554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using zen.spamhaus.org
550 We don't accept mail from dynamic IPs; rejected, your IP is on the PBL
"""


def said(lines: str) -> list[str]:
    return [line for line in lines.strip().split("\n") if line]


def verdict_on(words: str) -> BounceClass:
    code = words[:3]
    return judge(code=int(code) if code.isdigit() else None, text=words).bounce_class


@pytest.mark.parametrize("words", said(HARD))
def test_the_mailbox_is_not_there(words: str) -> None:
    assert verdict_on(words) is BounceClass.HARD


@pytest.mark.parametrize("words", said(SOFT))
def test_the_moment_was_bad(words: str) -> None:
    assert verdict_on(words) is BounceClass.SOFT


@pytest.mark.parametrize("words", said(POLICY))
def test_it_is_about_us_and_nobody_is_suppressed(words: str) -> None:
    assert verdict_on(words) is BounceClass.POLICY


def test_the_readers_own_address_says_nothing() -> None:
    for address in ("spam@example.org", "mailbox.full@example.org", "unknown.user@blocked.example"):
        assert judge(text=f"failed: <{address}>").reason.value == "unspecified"
