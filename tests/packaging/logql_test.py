#!/usr/bin/env python3
"""Tests of the checker itself: that it takes what Loki takes, and refuses what Loki refuses."""
import unittest

import logql

GOOD = [
    '{service="edge-node-1"}',
    '{service=~"edge-node-1|edge-node-2"}',
    '{job="docker"} |= "a" != `b` |~ "c|d" !~ "e"',
    '{job="docker"} |= "a" or "b"',
    '{job="a"} |= ip("10.0.0.0/8")',
    '{job="a"} # a comment\n |= "x"',
    '{job="docker"} | json | task_id="task-abc123"',
    '{job="docker"} | json | amount > 1000',
    '{job="docker"} | json a="b.c", d | logfmt --strict | __error__=""',
    '{job="a"} | json | (a="b" or c>=2.5) and d=~"x.*", e!="f" g<10ms | took > 1KiB',
    '{job="docker"} | json | trace_id!="" | line_format "{{.message}} (trace={{.trace_id}})"',
    '{job="a"} | label_format x=y,z="{{.q}}" | drop a, b="c" | keep d | decolorize | unpack',
    '{job="a"} | regexp "(?P<x>[a-z]+)" | pattern "<ip> - <_>"',
    '{json="a"} | json_x="b"',
    'sum by (service) (rate({level="error"}[5m]))',
    'sum(rate({a="b"}[5m])) by (c)',
    'sum(count_over_time({a="b"}[1m]))',
    'topk(10, sum by (service, operation) (count_over_time({level="error"}[1h])))',
    'topk(10, sum by (service) (count_over_time({job="docker"}[$__range])))',
    'quantile_over_time(0.95, {a="b"} | json | unwrap duration_ms | __error__="" [5m]) by (service) > 10',
    'sum_over_time({a="b"} | logfmt | unwrap duration(took) [1m] offset 5m)',
    'rate({a="b"}[1m] |= "x")',
    'rate(({a="b"} | json)[1m])',
    'sum(rate({a="b"}[1m])) / on (x) group_left sum(rate({a="c"}[1m])) * 100 > bool 5',
    '(count_over_time({a="b"}[1m]) > 1) and -1 < vector(2) or absent_over_time({a="b"}[1h30m])',
    'label_replace(rate({a="b"}[1m]), "x", "$1", "y", "(.*)")',
    'max_over_time({a=~".+"} | unwrap x [1m]) without (z)',
]
BAD = [
    "",
    "{}",
    '{a="b",}',
    '{a=""}',
    '{a=~".*"}',
    '{a!="b"}',
    '{a="b"',
    "{a=b}",
    '{a="b" c="d"}',
    '{"a"="b"}',
    "{a='b'}",
    '{a=="b"}',
    '{a=~"("}',
    '{a="b"} |~ "["',
    '{a="b"} |= ',
    '{a="b"} |= x',
    '{a="b"} "x"',
    '{a="b"} | ',
    '{a="b"} || json',
    '{a="b"} | json |',
    '{a="b"} | jsn',
    '{a="b"} | c >',
    '{a="b"} | c =~ 5',
    '{a="b"} | c > "5"',
    '{a="b"} | c = d',
    '{a="b"} | (c="d"',
    '{a="b"} | line_format',
    '{a="b"} | line_format "{{.x}"',
    '{a="b"} | line_format "{{}}"',
    '{a="b"} | line_format .x',
    '{a="b"} | label_format x',
    '{a="b"} | regexp "x"',
    '{a="b"} | pattern "x"',
    '{a="b"} | logfmt --lax',
    '{a="b"} | unwrap x',
    '{a="b"} [1h]',
    '{a="b"}[5m]',
    'rate({a="b"})',
    'rate({a="b"}[5])',
    'rate({a="b"}[x])',
    'rate({a="b"}[$interval])',
    'rate({a="b"}[])',
    'rate({a="b"}[5m]',
    "rate([5m])",
    "rate(5m)",
    'rat({a="b"}[5m])',
    'sum({a="b"})',
    'sum by service (rate({a="b"}[5m]))',
    'sum by (service) rate({a="b"}[5m])',
    'sum by (a) (rate({a="b"}[5m])) by (a)',
    'topk(sum(rate({a="b"}[5m])))',
    'topk("10", rate({a="b"}[5m]))',
    'count_over_time({a="b"} | unwrap x [5m])',
    'sum_over_time({a="b"}[5m])',
    'sum_over_time({a="b"} | unwrap x [5m]) by (y)',
    'rate({a="b"}[5m]) by (x)',
    'quantile_over_time({a="b"} | unwrap x [5m])',
    'quantile_over_time(0.9, {a="b"}[5m])',
    'avg_over_time({a="b"} | unwrap cast(x) [5m])',
    'max_over_time({a="b"} | unwrap x | json [5m])',
    'rate({a="b"}[5m]) >',
    'rate({a="b"}[5m]) + bool 1',
    "> 5",
    'rate({a="b"}[5m]) rate({a="b"}[5m])',
    "sum()",
    '{a="b"} + {a="b"}',
    'rate({a="b"}[1m][1m])',
    'label_replace(rate({a="b"}[1m]), "x", "y")',
    '{a="b"} ; drop',
    '{a="\\q"}',
    '{a="b"} | drop',
    '{a="b"} | json | ! c="d"',
    'vector({a="b"})',
    '{a="b"}}',
    '{a="b\n"}',
]


class LogQL(unittest.TestCase):
    def test_takes_what_loki_takes(self):
        for query in GOOD:
            with self.subTest(query=query):
                logql.parse(query)

    def test_refuses_what_loki_refuses(self):
        for query in BAD:
            with self.subTest(query=query), self.assertRaises(logql.LogQLError):
                logql.parse(query)

    def test_every_cut_of_a_query_is_refused_or_read_to_its_end(self):
        query = 'topk(3, sum by (a) (rate({b="c"} |= "d" | json | e > 1 [5m]))) > 2'
        logql.parse(query)
        for end in range(len(query) - 1):
            if not query[:end].rstrip().endswith(")))"):
                with self.subTest(query=query[:end]), self.assertRaises(logql.LogQLError):
                    logql.parse(query[:end])

    def test_tells_what_is_asked_for(self):
        kind, parser = logql.parse('sum by (x) (rate({a="b"} |~ "c" | json | d="e" [5m]))')
        self.assertEqual(kind, "metric")
        self.assertEqual(parser.selected, {"a", "x"})
        self.assertEqual(
            parser.lines,
            [
                [
                    ("match", "a", "=", "b"),
                    ("line", "|~", ["c"]),
                    ("json",),
                    ("label", ("text", "d", "=", "e")),
                ]
            ],
        )
        self.assertEqual(logql.parse('{a="b"}')[0], "log")


if __name__ == "__main__":
    unittest.main()
