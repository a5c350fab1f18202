"""A checker of LogQL: parse(text) raises LogQLError for what Loki would not take. Nothing is evaluated.

By the grammar of Loki's documentation (https://grafana.com/docs/loki/latest/query/), for what dashboards
and rules use: log queries, range and vector aggregations, binary operations. Grafana's variables may stand
where a duration may ($__range, $__interval, $__auto, $__rate_interval), and in strings.
"""
import re

DURATION = r"(?:\d+(?:\.\d+)?(?:ns|us|µs|ms|s|m|h|d|w|y))+"
TOKEN = re.compile(
    r"(?P<space>\s+|\#[^\n]*)"
    r'|(?P<string>"(?:[^"\\\n]|\\.)*"|`[^`]*`)'
    r"|(?P<size>\d+(?:\.\d+)?(?:[kKMGTP]i?)?B\b)"
    r"|(?P<duration>" + DURATION + r"(?![\w.]))"
    r"|(?P<number>\d+(?:\.\d*)?(?:[eE][+-]?\d+)?(?![\w.])|\.\d+(?![\w.]))"
    r"|(?P<variable>\$__\w+|\$\{__\w+\})"
    r"|(?P<flag>--[a-z-]+)"
    r"|(?P<name>[A-Za-z_][A-Za-z0-9_]*)"
    r"|(?P<sign>\|=|\|~|\|>|!=|!~|!>|=~|==|>=|<=|[{}()\[\],=<>|+\-*/%^])"
)

PLAIN_RANGES = {"count_over_time", "bytes_over_time", "bytes_rate"}
EITHER_RANGES = {"rate", "absent_over_time"}
UNWRAPPED_RANGES = {
    "sum_over_time",
    "avg_over_time",
    "min_over_time",
    "max_over_time",
    "stddev_over_time",
    "stdvar_over_time",
    "quantile_over_time",
    "first_over_time",
    "last_over_time",
    "rate_counter",
}
GROUPED_RANGES = {
    "avg_over_time",
    "min_over_time",
    "max_over_time",
    "stddev_over_time",
    "stdvar_over_time",
    "quantile_over_time",
    "first_over_time",
    "last_over_time",
}
AGGREGATIONS = {
    "sum",
    "avg",
    "min",
    "max",
    "count",
    "stddev",
    "stdvar",
    "topk",
    "bottomk",
    "sort",
    "sort_desc",
}
WITH_NUMBER = {"topk", "bottomk"}
COMPARISONS = {"==", "!=", ">", ">=", "<", "<="}
PRECEDENCE = {
    "or": 1,
    "and": 2,
    "unless": 2,
    **dict.fromkeys(COMPARISONS, 3),
    "+": 4,
    "-": 4,
    "*": 5,
    "/": 5,
    "%": 5,
    "^": 6,
}
DURATION_VARIABLES = {"$__range", "$__interval", "$__auto", "$__rate_interval", "${__range}", "${__interval}"}


class LogQLError(ValueError):
    pass


class Token:
    def __init__(self, kind, text, at):
        self.kind, self.text, self.at = kind, text, at


def tokens(text):
    found, at = [], 0
    while at < len(text):
        match = TOKEN.match(text, at)
        if not match:
            raise LogQLError("%d: unexpected %r" % (at + 1, text[at : at + 10]))
        if match.lastgroup != "space":
            found.append(Token(match.lastgroup, match.group(), at + 1))
        at = match.end()
    return found + [Token("end", "", at + 1)]


def unquoted(text):
    if text[0] == "`":
        return text[1:-1]
    body = text[1:-1]
    if re.search(r"\\(?![abfnrtv\\\"'xuU0-7])", re.sub(r"\\\\", "", body)):
        raise LogQLError("unknown escape in %s" % text)
    return re.sub(r"\\(.)", lambda m: {"n": "\n", "t": "\t", "r": "\r"}.get(m.group(1), m.group(1)), body)


def checked_regex(text):
    text = re.sub(r"\$\{?\w+\}?", "x", text) if re.search(r"\$\{?[a-z_]", text) else text
    try:
        return re.compile(text)
    except re.error as error:
        raise LogQLError("regular expression %r: %s" % (text, error))


def checked_template(text):
    rest = re.sub(r"\{\{-?\s*(.*?)\s*-?\}\}", lambda m: "" if m.group(1) else "{{", text, flags=re.S)
    if "{{" in rest or "}}" in rest:
        raise LogQLError("template %r" % text)


class Parser:
    def __init__(self, text):
        self.all, self.at = tokens(text), 0
        self.unwrapped = False
        # Label names that selectors and by() ask for.
        self.selected = set()
        # For each selector, what follows it: ("match", name, operation, value), ("line", operation, values),
        # ("json",), ("logfmt",), ("label", condition), in order. Other stages are left out.
        self.lines = []

    # ---- tokens
    @property
    def next(self):
        return self.all[self.at]

    def is_next(self, *texts):
        return self.next.kind in ("sign", "name") and self.next.text in texts

    def take(self):
        self.at += 1
        return self.all[self.at - 1]

    def maybe(self, *texts):
        return self.take() if self.is_next(*texts) else None

    def expect(self, *texts):
        return self.maybe(*texts) or self.fail("or ".join(texts))

    def kind(self, *kinds):
        return self.take() if self.next.kind in kinds else self.fail(" or ".join(kinds))

    def fail(self, expected):
        raise LogQLError("%d: expected %s, not %r" % (self.next.at, expected, self.next.text or "the end"))

    # ---- the whole
    def query(self):
        kind = "metric"
        if self.is_next("{"):
            kind = "log"
            self.selector()
            self.pipeline(metric=False)
        else:
            self.binary(0)
        if self.next.kind != "end":
            self.fail("the end")
        return kind

    def selector(self):
        self.expect("{")
        self.lines.append([])
        tight = False
        while True:
            name = self.kind("name").text
            operation = self.expect("=", "!=", "=~", "!~").text
            value = unquoted(self.kind("string").text)
            self.selected.add(name)
            self.lines[-1].append(("match", name, operation, value))
            regex = checked_regex(value) if "~" in operation else None
            empty = bool(regex.fullmatch("")) if regex else value == ""
            tight = tight or (empty if operation[0] == "!" else not empty)
            if not self.maybe(","):
                break
        self.expect("}")
        if not tight:
            raise LogQLError("a selector needs a matcher that does not fit an empty label")

    def pipeline(self, metric):
        self.unwrapped = False
        while True:
            if self.is_next("|=", "!=", "|~", "!~", "|>", "!>"):
                self.line_filter()
            elif self.is_next("|"):
                self.take()
                self.stage(metric)
            else:
                return

    def line_filter(self):
        operation, values = self.take().text, []
        while True:
            if self.is_next("ip"):
                self.ip()
            else:
                values.append(unquoted(self.kind("string").text))
                if "~" in operation:
                    checked_regex(values[-1])
            if not self.maybe("or"):
                break
        self.lines[-1].append(("line", operation, values))

    def ip(self):
        self.expect("ip")
        self.expect("(")
        self.kind("string")
        self.expect(")")

    def stage(self, metric):
        if (
            self.unwrapped
            and self.next.kind == "name"
            and self.next.text
            in ("json", "logfmt", "regexp", "pattern", "unpack", "line_format", "label_format", "unwrap")
        ):
            raise LogQLError("%d: only filters may follow unwrap" % self.next.at)
        name = self.next.text if self.next.kind == "name" else ""
        following = self.all[min(self.at + 1, len(self.all) - 1)]
        is_filter = following.kind == "sign" and following.text in COMPARISONS | {"=", "=~", "!~"}
        if is_filter and not (name in ("json", "logfmt") and following.text in ("!=", "!~")):
            self.lines[-1].append(("label", self.label_filter()))
        elif name in ("json", "logfmt"):
            self.take()
            while name == "logfmt" and self.next.kind == "flag":
                if self.take().text not in ("--strict", "--keep-empty"):
                    raise LogQLError("unknown flag of logfmt")
            if self.next.kind == "name":
                self.listed(lambda: self.expect("=") and self.kind("string") if self.is_next("=") else None)
            self.lines[-1].append((name,))
        elif name in ("regexp", "pattern"):
            self.take()
            value = unquoted(self.kind("string").text)
            if name == "regexp" and not checked_regex(value).groupindex:
                raise LogQLError("regexp needs a named group")
            if name == "pattern" and not re.search(r"<[A-Za-z]\w*>", value):
                raise LogQLError("pattern needs a named capture")
        elif name in ("unpack", "decolorize"):
            self.take()
        elif name == "line_format":
            self.take()
            checked_template(unquoted(self.kind("string").text))
        elif name == "label_format":
            self.take()
            self.listed(self.label_format_value)
        elif name in ("drop", "keep"):
            self.take()
            self.listed(self.optional_matcher)
        elif name == "unwrap":
            if not metric:
                raise LogQLError("%d: unwrap is for metric queries" % self.next.at)
            self.take()
            self.unwrap()
        else:
            self.lines[-1].append(("label", self.label_filter()))

    def listed(self, after_name):
        while True:
            self.kind("name")
            after_name()
            if not self.maybe(","):
                return

    def label_format_value(self):
        self.expect("=")
        if self.kind("name", "string").kind == "string":
            checked_template(unquoted(self.all[self.at - 1].text))

    def optional_matcher(self):
        if self.maybe("=", "!=", "=~", "!~"):
            self.kind("string")

    def unwrap(self):
        name = self.kind("name").text
        if self.maybe("("):
            if name not in ("duration", "duration_seconds", "bytes"):
                raise LogQLError("unwrap knows no conversion %s" % name)
            self.kind("name")
            self.expect(")")
        self.unwrapped = True

    def label_filter(self):
        condition = self.label_term()
        while True:
            joined = self.maybe("and", "or", ",")
            if not joined and self.next.kind != "name" and not self.is_next("("):
                return condition
            condition = ("or" if joined and joined.text == "or" else "and", condition, self.label_term())

    def label_term(self):
        if self.maybe("("):
            condition = self.label_filter()
            self.expect(")")
            return condition
        name = self.kind("name").text
        operation = self.expect("=", "==", "!=", "=~", "!~", ">", ">=", "<", "<=").text
        if self.is_next("ip"):
            self.ip()
            return ("ip", name)
        if self.next.kind == "string":
            value = unquoted(self.take().text)
            if operation not in ("=", "!=", "=~", "!~"):
                raise LogQLError("%s compares numbers" % operation)
            if "~" in operation:
                checked_regex(value)
            return ("text", name, operation, value)
        if "~" in operation:
            self.fail("a string")
        sign = self.maybe("-")
        number = self.kind("number", "duration", "size")
        return ("number", name, operation, (sign.text if sign else "") + number.text)

    # ---- metric queries
    def binary(self, above):
        self.operand()
        while True:
            operation = self.next.text if self.next.kind in ("sign", "name") else ""
            strength = PRECEDENCE.get(operation, 0)
            if strength <= above:
                return
            self.take()
            if self.is_next("bool"):
                if operation not in COMPARISONS:
                    raise LogQLError("bool goes with comparisons")
                self.take()
            if self.maybe("on", "ignoring"):
                self.names()
                if self.maybe("group_left", "group_right") and self.is_next("("):
                    self.names()
            self.binary(strength - 1 if operation == "^" else strength)

    def operand(self):
        if self.maybe("("):
            self.binary(0)
            self.expect(")")
        elif self.next.kind == "number" or self.is_next("-", "+"):
            self.maybe("-", "+")
            self.kind("number")
        elif self.next.kind == "name":
            self.call()
        else:
            self.fail("a metric query")

    def call(self):
        token = self.take()
        name = token.text
        if name in PLAIN_RANGES | EITHER_RANGES | UNWRAPPED_RANGES:
            self.range_aggregation(name)
        elif name in AGGREGATIONS:
            grouped = self.grouping()
            self.expect("(")
            if name in WITH_NUMBER:
                self.kind("number")
                self.expect(",")
            self.binary(0)
            self.expect(")")
            if not grouped:
                self.grouping()
        elif name == "label_replace":
            self.expect("(")
            self.binary(0)
            for _ in range(4):
                self.expect(",")
                last = unquoted(self.kind("string").text)
            checked_regex(last)
            self.expect(")")
        elif name == "vector":
            self.expect("(")
            self.kind("number")
            self.expect(")")
        else:
            raise LogQLError("%d: unknown function %s" % (token.at, name))

    def grouping(self):
        if not self.maybe("by", "without"):
            return False
        if self.all[self.at - 1].text == "by":
            self.selected.update(self.names())
        else:
            self.names()
        return True

    def names(self):
        self.expect("(")
        found = []
        while self.next.kind == "name":
            found.append(self.take().text)
            if not self.maybe(","):
                break
        self.expect(")")
        return found

    def range_aggregation(self, name):
        self.expect("(")
        if name == "quantile_over_time":
            self.kind("number")
            self.expect(",")
        parenthesised = self.maybe("(")
        self.selector()
        early = self.is_next("[")
        if early:
            self.range()
        self.pipeline(metric=True)
        if parenthesised:
            self.expect(")")
        if not early:
            self.range()
        if self.maybe("offset"):
            self.maybe("-")
            self.kind("duration")
        self.expect(")")
        if name in UNWRAPPED_RANGES and not self.unwrapped:
            raise LogQLError("%s needs unwrap" % name)
        if name in PLAIN_RANGES and self.unwrapped:
            raise LogQLError("%s takes no unwrap" % name)
        if self.is_next("by", "without"):
            if name not in GROUPED_RANGES:
                raise LogQLError("%s takes no grouping" % name)
            self.grouping()

    def range(self):
        self.expect("[")
        token = self.kind("duration", "variable")
        if token.kind == "variable" and token.text not in DURATION_VARIABLES:
            raise LogQLError("%d: %s is no duration" % (token.at, token.text))
        self.expect("]")


def parse(text):
    """The kind of query ("log" or "metric") and the parser, which knows what it asks for."""
    parser = Parser(text)
    return parser.query(), parser
