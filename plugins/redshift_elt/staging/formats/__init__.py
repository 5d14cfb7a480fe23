"""The formats of S3 objects that COPY reads: one class per format, with the options that COPY has for it."""
