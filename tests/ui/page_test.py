"""The page of the real agent in a headless Chromium. Screenshots of all views at 1280 and 390 pixels, light and dark,
go to the folder that LOKITAIL_SCREENSHOTS names (ui-screenshots in the build's folder)."""
import os
import pathlib
import re
import threading
import time

import webdriver
from agent import Agent, Loki, expect, line, skip, temporary_folder, wait_until

VIEWS = ["overview", "targets", "inspector", "tail", "ledger", "configuration"]
SIZES = [(1280, 900), (390, 844)]


class Writer:
    """Writes a few lines a second, so that there is something to be seen."""

    def __init__(self, agent):
        self.agent, self.going, self.count = agent, True, 0
        threading.Thread(target=self._write, daemon=True).start()

    def _write(self):
        users = ["ada", "grace", "linus"]
        while self.going:
            for _ in range(3 + self.count % 17):
                level = ["info", "info", "warn", "debug", "info", "error"][self.count % 6]
                message = f"GET /orders/{1000 + self.count} took {5 + self.count * 7 % 90} ms"
                self.agent.write(line(level, message, user=users[self.count % 3]))
                self.count += 1
            time.sleep(0.2)


def see(what, condition):
    wait_until(what, condition)
    print("ok: " + what)


def expect_no_complaints(browser, refused=None):
    """Nothing stands in the console but, where one is named, that a request was refused, as was wanted."""
    complaints = [one for one in browser.complaints() if refused is None or refused not in one or " 400 " not in one]
    expect(complaints == [], f"no complaint in the console {complaints}")


def overview(browser):
    see("the verdict is healthy", lambda: browser.text("#verdict") == "Healthy")
    see("the client delivers", lambda: "delivering" in browser.text("#clients"))
    see("the limits in force are shown", lambda: "max_bytes_in_flight" in browser.text("#limits"))
    see("rates are shown", lambda: re.match(r"[\d.]+ / s", browser.text("#lines-now")))
    see("and drawn", lambda: browser.run("return document.querySelector('#lines-plot polyline') !== null"))


def targets(browser):
    browser.click('nav a[href="#targets"]')
    rows = "#target-table tbody tr"
    amount = lambda: browser.run("return document.querySelectorAll(arguments[0]).length", rows)
    see("all targets are shown", lambda: amount() == 3)
    browser.type("#target-filter", "B.LOG env=test")
    see("the filter leaves one", lambda: amount() == 1 and "b.log" in browser.text(rows))
    see("and says how many", lambda: browser.text("#target-count") == "1 of 3 targets")
    browser.type("#target-filter", "nothing like this")
    see("or none", lambda: amount() == 0)
    browser.run("const f = document.querySelector('#target-filter'); f.value = ''; f.dispatchEvent(new Event('input'))")
    browser.click("#target-table th:nth-child(1) button")
    order = browser.run("return [...document.querySelectorAll('#target-table tbody td:first-child .mono')].map((e) => e.innerText)")
    expect(order == sorted(order) and len(order) == 3, "targets are sorted by name")
    expect(browser.run("return document.querySelector('#target-table th').getAttribute('aria-sort')") == "ascending", "and say so")
    browser.click("#target-table th:nth-child(1) button")
    again = browser.run("return [...document.querySelectorAll('#target-table tbody td:first-child .mono')].map((e) => e.innerText)")
    expect(again == order[::-1], "and the other way round")
    rates = "return [...document.querySelectorAll('#target-table tbody td:nth-child(9)')].map((e) => Number(e.innerText))"
    browser.run("document.activeElement.blur()")
    see("rates of each target are shown", lambda: max(browser.run(rates)) > 0)
    browser.click("#target-table th:nth-child(9) button")
    expect(browser.run(rates) == sorted(browser.run(rates), reverse=True), "and sort the targets")
    browser.run("document.activeElement.blur()")
    expect("relabel_configs[0]: drop" in browser.text("#dropped"), "the rule that dropped a target is shown")


def inspector(browser):
    browser.click('nav a[href="#inspector"]')
    see("a job's stages are there", lambda: "json" in browser.run("return document.querySelector('#inspect-stages').value"))
    browser.type("#inspect-lines", line("warn", "hello <b>there</b>", user="ada"))
    browser.click("#inspect-form button[type=submit]")
    see("the line comes out", lambda: "comes out" in browser.text("#passages"))
    expect("hello <b>there</b>" in browser.text("#passages"), "text is text, not HTML")
    steps = browser.run("return [...document.querySelectorAll('#passages .steps b')].map((e) => e.innerText)")
    expect(steps == ["json", "labels", "drop", "output", "Result"], "stage by stage")
    stages = browser.run("return document.querySelector('#inspect-stages').value")
    browser.type("#inspect-stages", stages.replace("debug", "warn"))
    browser.click("#inspect-form button[type=submit]")
    see("with an edited stage it is dropped", lambda: "dropped" in browser.text("#passages h2"))
    browser.type("#inspect-stages", "- jsom: {}")
    browser.click("#inspect-form button[type=submit]")
    see("a wrong stage is told with its place", lambda: "line 1, column" in browser.text("#inspect-error"))
    expect_no_complaints(browser, "api/v1/inspect")
    browser.click("#inspect-reset")
    browser.click("#inspect-pick")
    see("a live line is taken", lambda: "GET /orders/" in browser.run("return document.querySelector('#inspect-lines').value"))
    see("and goes through", lambda: "GET /orders/" in browser.text("#passages .steps"))


def tail(browser):
    browser.click('nav a[href="#tail"]')
    browser.type("#tail-selector", '{level="error"}')
    browser.click("#tail-button")
    lines = lambda: browser.run("return [...document.querySelectorAll('#tail-lines li')].map((e) => e.innerText)")
    see("entries are followed", lambda: len(lines()) >= 3)
    expect(all('level="error"' in one for one in lines()), "those of the selector alone")
    browser.click("#tail-button")
    see("until it is stopped", lambda: browser.text("#tail-note") == "Stopped.")
    expect_no_complaints(browser)
    browser.type("#tail-selector", "{level")
    browser.click("#tail-button")
    see("a wrong selector is told", lambda: "parse error" in browser.text("#tail-note"))
    expect_no_complaints(browser, "api/v1/tail")
    browser.type("#tail-selector", '{job="app"}')
    browser.click("#tail-button")
    see("and mended", lambda: len(lines()) >= 10)


def others(browser):
    browser.click('nav a[href="#ledger"]')
    see("the ledger shows the stages", lambda: "drop" in browser.text("#ledger-jobs"))
    browser.click('nav a[href="#configuration"]')
    see("the configuration is shown", lambda: "scrape_configs:" in browser.text("#yaml"))
    expect("hush-hush" not in browser.text("#yaml"), "without its secrets")
    theme = lambda: browser.run("return getComputedStyle(document.documentElement).getPropertyValue('--ground').trim()")
    before = theme()
    browser.click("#theme")
    browser.click("#theme")
    expect(browser.text("#theme") == "Theme: dark" and theme() != before, "the theme is switched")
    browser.click("#theme")
    expect(theme() == before, "and back")
    names = browser.run("""return [...document.querySelectorAll('button, input, select, textarea, a, [role=region], svg[role=img]')]
        .filter((e) => !(e.innerText || e.ariaLabel || e.getAttribute('aria-label') || e.labels?.length || '').toString().trim()
                       && !e.labels?.length).map((e) => e.outerHTML)""")
    expect(names == [], f"everything that can be used has a name {names}")


def keyboard(browser, agent):
    browser.open(agent.url + "/")
    browser.find("#overview")
    reached = browser.run("""
        const order = [...document.querySelectorAll('a, button, input, select, textarea, [tabindex="0"]')]
            .filter((e) => e.offsetParent !== null);
        return order.slice(0, 9).map((e) => e.innerText || e.id)""")
    expect(reached[0].startswith("Skip") and "Targets" in reached, f"the keyboard reaches the views {reached}")


def screenshots(browser, folder):
    folder.mkdir(parents=True, exist_ok=True)
    for width, height in SIZES:
        for dark in (False, True):
            browser.resize(width, height, dark)
            for view in VIEWS:
                browser.run("location.hash = arguments[0]", view)
                see(f"{view} is shown", lambda: not browser.run(
                    "return document.querySelector('#' + arguments[0]).hidden", view))
                if view == "inspector" and browser.text("#passages") == "":
                    browser.type("#inspect-lines", line("warn", "disk is nearly full", user="ada") + "\n" + line("debug", "no"))
                    browser.click("#inspect-form button[type=submit]")
                    see("a line has gone through", lambda: browser.text("#passages") != "")
                if view == "tail":
                    browser.run("if (document.querySelector('#tail-button').innerText === 'Follow') document.querySelector('#tail-button').click()")
                time.sleep(1.2)  # for the picture alone: nothing is checked by it
                wide = browser.run("return document.documentElement.scrollWidth")
                expect(wide <= width, f"{view} fits {width} pixels ({wide})")
                browser.screenshot(folder / f"{view}-{width}-{'dark' if dark else 'light'}.png")


def main():
    lacking = webdriver.missing()
    if lacking:
        skip(lacking + " is not installed")
    binary = pathlib.Path(os.environ.get("LOKITAIL_BINARY", "build/release/lokitail"))
    shots = pathlib.Path(os.environ.get("LOKITAIL_SCREENSHOTS", binary.parent / "ui-screenshots"))
    with Agent("admin: true") as agent:
        agent.write(line("info", "first"), file="b.log")
        agent.write(line("info", "first"), file="c.log")
        writer = Writer(agent)
        browser = webdriver.Browser(temporary_folder())
        try:
            browser.resize(1280, 900, False)
            browser.open(agent.url + "/")
            for test in (overview, targets, inspector, tail, others):
                print(f"--- {test.__name__}")
                test(browser)
            expect_no_complaints(browser)
            keyboard(browser, agent)
            screenshots(browser, shots)
            expect_no_complaints(browser)
        finally:
            browser.close()
            writer.going = False
        agent.stop()
    print("all is well")


main()
