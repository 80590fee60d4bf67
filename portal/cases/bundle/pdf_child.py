"""Sets a page as PDF/UA-1, alone in a process of its own: reads one JSON line, writes the PDF, may open, write and fetch nothing.

Must never be imported by the portal: it runs isolated, by its path, under the limits that it sets on itself first.
"""

import base64
import contextlib
import json
import os
import resource
import sys
import tempfile

SECONDS = 100
MEMORY = 2 << 30
NO_PANGO = 3


def limit(kind: str, most: int) -> None:
    """Some systems know not every limit; the parent's clock holds on all of them."""
    with contextlib.suppress(ValueError, OSError, AttributeError):
        resource.setrlimit(getattr(resource, f"RLIMIT_{kind}"), (most, most))


def main() -> int:
    """0 and the PDF on standard output, or the number of what is missing."""
    limit("CPU", SECONDS)
    limit("AS", MEMORY)
    limit("CORE", 0)
    # Imported before the page is known and writing ends: what Python keeps compiled, no later page has to wait for.
    try:
        import weasyprint
        from weasyprint.urls import URLFetcher, URLFetcherResponse
    except (ImportError, OSError):
        return NO_PANGO
    # Not a single byte to any file from here on, and no folder: a font cache could hold what the page says.
    limit("FSIZE", 0)
    tempfile.tempdir = os.devnull
    page = json.loads(sys.stdin.buffer.readline())

    class NothingButTheLogo(URLFetcher):  # type: ignore[misc]  # WeasyPrint carries no types
        """Serves `package:logo` and refuses everything else; redirects, files and data URLs included."""

        def __init__(self) -> None:
            super().__init__(allowed_protocols=(), allow_redirects=False)

        def fetch(self, url: str, headers: object = None) -> URLFetcherResponse:
            if url == "package:logo" and page["logo"]:
                return URLFetcherResponse(url, base64.b64decode(page["logo"]), {"Content-Type": page["logo_type"]})
            raise ValueError("Nothing is fetched for this document.")

    document = weasyprint.HTML(string=page["html"], url_fetcher=NothingButTheLogo(), base_url=None)
    pdf = document.write_pdf(pdf_variant="pdf/ua-1", pdf_tags=True, custom_metadata=False)
    sys.stdout.buffer.write(pdf)
    sys.stdout.buffer.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
