"""The composition root: settings in, a Runtime with every port bound out."""
