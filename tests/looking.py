"""What a person would see on a page: texts that are pale, cut off, outside the window, or on top of each other."""

from __future__ import annotations

from tests.browser import View

Box = tuple[float, float, float, float]  # left, top, right, bottom in pixels of the window


def too_wide(view: View) -> int:
    """By how many pixels the page is wider than its window."""
    return int(view.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))


# Each text against what is painted behind it, by the formula of WCAG 1.4.3; axe leaves out what lies on a drawing.
PALE = r"""() => {
    const parse = text => {
        const found = text.match(/[\d.]+/g)
        if (!found) return [0, 0, 0, 0]
        const scale = text.startsWith("color(") ? 255 : 1
        return [...found.slice(0, 3).map(n => n * scale), found.length > 3 ? +found[3] : 1]
    }
    const over = (top, below) => top.slice(0, 3).map((part, i) => part * top[3] + below[i] * (1 - top[3]))
    const light = colour => {
        const linear = colour.map(part => part / 255).map(c => c <= .04045 ? c / 12.92 : ((c + .055) / 1.055) ** 2.4)
        return .2126 * linear[0] + .7152 * linear[1] + .0722 * linear[2]
    }
    const canvas = () => {
        const probe = document.body.appendChild(document.createElement("i"))
        probe.style.cssText = "background:Canvas;position:absolute"
        const found = parse(getComputedStyle(probe).backgroundColor)
        probe.remove()
        return found
    }
    const base = canvas().slice(0, 3)
    const ground = element => {
        const above = []
        for (let at = element; at; at = at.parentElement) above.unshift(parse(getComputedStyle(at).backgroundColor))
        return above.reduce((below, top) => over(top, below), base)
    }
    const pale = []
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
    while (walker.nextNode()) {
        const element = walker.currentNode.parentElement
        if (!walker.currentNode.data.trim() || element.closest("style, script, title, .rx-x")) continue
        if (!element.getClientRects().length) continue
        const style = getComputedStyle(element)
        const behind = ground(element)
        const colour = over(parse(element.closest("svg") ? style.fill : style.color), behind)
        const [dark, bright] = [light(colour), light(behind)].sort((a, b) => a - b)
        const size = parseFloat(style.fontSize)
        const large = size >= 24 || size >= 18.66 && style.fontWeight >= 700
        const ratio = (bright + .05) / (dark + .05)
        if (ratio < (large ? 3 : 4.5)) pale.push(`${ratio.toFixed(2)} ${walker.currentNode.data.trim().slice(0, 40)}`)
    }
    return pale
}"""


def pale(view: View) -> list[str]:
    """The texts that do not stand out enough, with their contrast."""
    found: list[str] = view.evaluate(PALE)
    return found


CUT = """() => [...document.querySelectorAll(".rx *")].filter(element => {
    const style = getComputedStyle(element)
    if (element.closest("svg, style, [aria-hidden=true]") || !element.textContent.trim()) return false
    if (element.closest(".rx-x, thead") && style.position === "absolute" || element.closest(".rx-x")) return false
    const hides = ["hidden", "clip"].includes(style.overflowX) || ["hidden", "clip"].includes(style.overflowY)
    const wider = element.scrollWidth > element.clientWidth + 1 || element.scrollHeight > element.clientHeight + 1
    return hides && wider && !element.closest("thead")
}).map(element => element.className + " " + element.textContent.slice(0, 40))"""


def cut(view: View) -> list[str]:
    """Elements that hide a part of their text."""
    found: list[str] = view.evaluate(CUT)
    return found


WRITTEN = """selector => [...document.querySelectorAll(selector)].map(element => {
    const lines = []
    const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT)
    while (walker.nextNode()) {
        const text = walker.currentNode.data.trim()
        let hidden = !text
        for (let at = walker.currentNode.parentElement; at; at = at.parentElement)
            hidden ||= getComputedStyle(at).clipPath !== "none"
        const range = document.createRange()
        range.selectNodeContents(walker.currentNode)
        if (!hidden)
            for (const box of range.getClientRects()) lines.push([text, [box.left, box.top, box.right, box.bottom]])
    }
    return lines
})"""


def written(view: View, selector: str) -> list[list[tuple[str, Box]]]:
    """For every element that matches: each piece of its text that is shown, with the box of each of its lines."""
    found: list[list[tuple[str, Box]]] = view.evaluate(WRITTEN, selector)
    return found


def overlap(one: Box, other: Box) -> bool:
    """Whether two boxes share more than a pixel or two each way."""
    return min(one[2], other[2]) - max(one[0], other[0]) > 1 and min(one[3], other[3]) - max(one[1], other[1]) > 2
