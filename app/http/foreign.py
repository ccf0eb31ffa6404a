"""How the pages of tools are shown, which are foreign code: what they may do, and the frame that a browser gets.

A page has no origin, no cookies and no network. It may still send its own window elsewhere, with what it knows in the
address; so that it cannot, a browser that opens a page (it says so in `Sec-Fetch-Dest`) gets a page of ours, with the
tool's page in a frame that may go nowhere else.
"""

from __future__ import annotations

from html import escape

_POLICY = (
    "sandbox allow-scripts allow-downloads; default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval'; "
    "style-src 'unsafe-inline'; img-src data: blob:; font-src data:; media-src data:; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'self'"
)
_FRAME_POLICY = (
    "default-src 'none'; frame-src 'self'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
_SHARED = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-DNS-Prefetch-Control": "off",
    "Vary": "Sec-Fetch-Dest",
}
FOREIGN = {"Content-Security-Policy": _POLICY, **_SHARED}
"""What goes along with a page of a tool."""
FRAME = {"Content-Security-Policy": _FRAME_POLICY, "Cross-Origin-Opener-Policy": "same-origin", **_SHARED}
"""What goes along with the page that it is framed by."""

# A page in a sandbox has no storage and no cookies, and MultiQC's scripts stop there: give it ones that forget.
SHIM = (
    b"<script>for(const name of['localStorage','sessionStorage']){try{window[name]}catch{const kept=new Map();"
    b"Object.defineProperty(window,name,{value:{getItem:k=>kept.has(String(k))?kept.get(String(k)):null,"
    b"setItem:(k,v)=>{kept.set(String(k),String(v))},removeItem:k=>{kept.delete(String(k))},clear:()=>kept.clear(),"
    b"key:n=>[...kept.keys()][n]??null,get length(){return kept.size}}})}}"
    b"try{document.cookie}catch{Object.defineProperty(document,'cookie',{get:()=>'',set(_){}})}</script>"
)
_FRAME = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>html, body, iframe {{ margin: 0; border: 0; width: 100%; height: 100%; display: block }}</style>
</head>
<body><iframe src="{address}" title="{title}" sandbox="allow-scripts allow-downloads"></iframe></body>
</html>
"""


def framed(accession: str, page: str, query: str) -> str:
    """A page of ours with the tool's page in a frame.

    Its address is the same but for a word, since browsers frame no page within itself.
    """
    address = f"{page}?framed&{query}" if query else f"{page}?framed"
    return _FRAME.format(title=escape(f"{accession} {page}"), address=escape(address))
