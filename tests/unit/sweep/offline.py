"""What a page must be: one document, well nested, that asks for nothing outside of itself."""

from html.parser import HTMLParser

VOID = {"meta", "br", "hr", "img", "input", "link", "col"}
"""Elements without an end."""

OUTWARD = ("src", "href", "xlink:href", "srcset", "action", "poster", "data")
"""Attributes that fetch something."""


class Page(HTMLParser):
    """A page as read: its elements, what they hold, and what is wrong with it."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.open, self.wrong, self.tags, self.texts, self.style = [], [], [], [], ""
        self.attributes = []
        self.feed(text)
        self.close()
        self.wrong += [f"<{tag}> is not closed" for tag in self.open]

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes.append((tag, dict(attrs)))
        self.wrong += [f"<{tag} {name}={value}>" for name, value in attrs if name in OUTWARD or name.startswith("on")]
        if tag in {"script", "iframe", "object", "embed", "link", "img"}:
            self.wrong.append(f"<{tag}>")
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.wrong.append(f"</{tag}>")

    def handle_data(self, data):
        if self.open and self.open[-1] == "style":
            self.style += data
        elif data.strip():
            self.texts.append(data.strip())

    @property
    def text(self):
        return " ".join(self.texts)


def read_page(text):
    """The page, once it is found to be one document that stands alone."""
    page = Page(text)
    assert not page.wrong, page.wrong[:5]
    assert "url(" not in page.style
    assert "@import" not in page.style
    assert "prefers-color-scheme: dark" in page.style
    assert (page.tags.count("html"), page.tags.count("body")) == (1, 1)
    for tag, attributes in page.attributes:
        for name in ("x", "y", "width", "height", "x1", "x2", "y1", "y2", "cx", "cy", "r"):
            if name in attributes and tag != "meta" and not attributes[name].endswith("%"):
                value = float(attributes[name])
                assert abs(value) < 1e5, (tag, attributes)
                assert value >= 0 or name not in {"width", "height", "r"}, (tag, attributes)
    return page
