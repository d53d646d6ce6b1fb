#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What `busmark hist` makes of files by the Java, JS and C libraries.

usage: hist_test.py BUSMARK README   (the program, tests/golden/hdr/README.md beside the data)
"""

import gzip
import json
import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

BUSMARK, GOLDEN = os.path.abspath(sys.argv[1]), Path(sys.argv[2]).resolve().parent
LOG = GOLDEN / "hlog" / "intervals.hlog"
C_LOG = GOLDEN / "hlog" / "c_writer.hlog"
MAKERS = ("java", "js", "c")


def hist(*arguments, text=None):
    """(exit code, standard output, standard error)."""
    done = subprocess.run([BUSMARK, "hist", *map(str, arguments)], input=text, encoding="utf-8",
                          capture_output=True, timeout=60, check=False)
    return done.returncode, done.stdout, done.stderr


def rows(text):
    """Label -> title -> cell, of a table whose labels hold no blank."""
    titles, *lines = [line.split() for line in text.split("\n\n")[0].splitlines()]
    return {cells[0]: dict(zip(titles, cells)) for cells in lines}


def base64_of(maker, name):
    return (GOLDEN / f"b64_{maker}" / f"{name}.b64").read_text(encoding="ascii")


class HistTest(unittest.TestCase):
    maxDiff = None

    def output(self, *arguments, text=None):
        code, out, err = hist(*arguments, text=text)
        self.assertEqual((code, err), (0, ""))
        return out

    def refusal(self, *arguments, text=None):
        """The message of a run that must end with 2 and print nothing else."""
        code, out, err = hist(*arguments, text=text)
        self.assertEqual((code, out), (2, ""))
        self.assertEqual(err.count("\n"), 1, err)
        return err.removeprefix("busmark: ").rstrip("\n")

    def test_a_log_becomes_a_row_per_tag(self):
        self.assertEqual(self.output(LOG), """\
tag         count    min   mean     p50    p75    p90     p95     p99  p99.9  p99.99     max
(untagged)   2000  220ns  234us    79us  213us  628us  1.03ms  2.35ms      -       -  5.94ms
spsc.push    1500  361ns  243us  80.3us  206us  609us   971us  2.51ms      -       -   9.7ms
mpmc-4x4     2000  372ns  238us  77.8us  210us  564us   948us  2.76ms      -       -  10.9ms

-  withheld, too few samples: p99.9 needs 3688, p99.99 needs 36887
""")

    def test_intervals_are_what_the_libraries_read_from_the_same_log(self):
        wanted = json.loads((GOLDEN / "hlog" / "intervals.expect.json").read_text())
        lines = self.output("--intervals", "--raw", "--percentiles", "95", LOG).splitlines()[1:]
        self.assertEqual(len(lines), len(wanted))
        for line, want in zip(lines, wanted):
            tag, start, length, count, p95, highest = line.split()
            self.assertEqual(tag, want["tag"] or "(untagged)")
            self.assertEqual(start, f"{want['start_ms'] / 1000:.3f}")
            self.assertEqual(length, f"{(want['end_ms'] - want['start_ms']) / 1000:.3f}")
            self.assertEqual(int(count), want["total"])
            if want["total"] > 0:
                self.assertEqual((int(p95), int(highest)), (want["p95"], want["max"]))

    def test_the_log_of_the_c_library_is_read(self):
        self.assertEqual(self.output("--intervals", C_LOG), """\
tag         start                     length  count    p50    p95    p99  max
(untagged)  2023-11-14T22:13:20.000Z      1s   1000  500us  950us  990us  1ms
abc         2023-11-14T22:13:20.000Z      1s   1000  500us  950us  990us  1ms
""")

    def test_base64_of_each_maker_gives_the_distribution_of_java(self):
        for maker in MAKERS:
            for path in sorted((GOLDEN / f"b64_{maker}").glob("*.b64")):
                # The C library corrects a copy in its own way: other counts, so another table.
                if (maker, path.stem) == ("c", "co_copy"):
                    continue
                with self.subTest(maker=maker, name=path.stem):
                    wanted = (GOLDEN / "hgrm" / f"{path.stem}.hgrm").read_text(encoding="ascii")
                    self.assertEqual(self.output("--hgrm", path), wanted)

    def test_a_tag_of_a_log_gives_the_distribution_of_javas_log_processor(self):
        for tag, form, name in (("", "--hgrm", "intervals.notag.hgrm"),
                                ("spsc.push", "--csv", "intervals.spsc_push.csv.hgrm")):
            # The processor puts two comment lines above the library's table.
            wanted = (GOLDEN / "hlog" / name).read_text(encoding="ascii").split("\n", 2)[2]
            self.assertEqual(self.output("--tag", tag, form, LOG), wanted)

    def test_ticks_and_scale_are_javas(self):
        for name, ticks, scale in (("t1s1", 1, 1), ("t10s1e6", 10, 1_000_000)):
            wanted = (GOLDEN / "hgrm" / f"lognormal.{name}.hgrm").read_text(encoding="ascii")
            self.assertEqual(self.output("--hgrm", "--ticks", ticks, "--scale", scale,
                                         GOLDEN / "b64_java" / "lognormal.b64"), wanted)

    def test_the_unit_decides_what_a_microsecond_is(self):
        path = GOLDEN / "b64_java" / "lognormal.b64"
        wanted = (GOLDEN / "hgrm" / "lognormal.t1s1.hgrm").read_text(encoding="ascii")
        self.assertEqual(self.output("--hgrm", "--ticks", 1, "--unit", "us", path), wanted)
        self.assertEqual(self.output("--hgrm", "--ticks", 1, "--raw", path), wanted)

    def test_units_scale_the_table(self):
        text = base64_of("java", "single")
        value = int(self.output("--raw", "--percentiles", "50", text=text * 10).split()[-1])
        for unit, factor in (("ns", 1), ("us", 10**3), ("ms", 10**6), ("s", 10**9)):
            shown = self.output("--unit", unit, text=text).split("\n")[1].split()[-1]
            number, suffix = shown.rstrip("nmush"), shown.lstrip("0123456789.")
            sizes = {"ns": 1, "us": 10**3, "ms": 10**6, "s": 10**9, "m": 6 * 10**10,
                     "h": 36 * 10**11}
            self.assertAlmostEqual(float(number) * sizes[suffix] / (value * factor), 1, delta=0.006)

    def test_standard_input_is_read_with_a_dash_and_without(self):
        text = LOG.read_text(encoding="ascii")
        wanted = self.output(LOG)
        self.assertEqual(self.output(text=text), wanted)
        self.assertEqual(self.output("-", text=text), wanted)
        self.assertEqual(self.output(text=text.replace("\n", "\r\n")), wanted)

    def test_a_reader_that_goes_away_is_no_error(self):
        many = "".join(base64_of("java", "lognormal") for _ in range(3000))
        with subprocess.Popen([BUSMARK, "hist", "--intervals"], stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            process.stdout.close()
            process.stdin.write(many.encode())
            process.stdin.close()
            self.assertEqual(process.stderr.read(), b"")
        self.assertEqual(process.returncode, 0)

    def test_each_line_of_base64_is_a_histogram_of_its_own(self):
        text = base64_of("java", "lognormal") + "\n" + base64_of("js", "uniform")
        first, second = self.output("--raw", text=text).splitlines()[1:]
        self.assertTrue(first.startswith("line 1 "), first)
        self.assertTrue(second.startswith("line 3 "), second)

    def test_merging_files_and_tags_loses_nothing(self):
        parts = rows(self.output("--raw", LOG))
        merged = rows(self.output("--raw", "--merge", LOG, C_LOG))["(merged)"]
        self.assertEqual(int(merged["count"]),
                         sum(int(row["count"]) for row in parts.values()) + 2000)
        self.assertEqual(int(merged["max"]), max(int(row["max"]) for row in parts.values()))
        self.assertEqual(int(merged["min"]), min(int(row["min"]) for row in parts.values()))

    def test_two_makers_merged_equal_one_of_them_twice(self):
        twice = self.output("--merge", "--hgrm", text=base64_of("java", "uniform") * 2)
        mixed = self.output("--merge", "--hgrm",
                            text=base64_of("c", "uniform") + base64_of("js", "uniform"))
        self.assertEqual(mixed, twice)

    def test_several_files_stay_apart(self):
        lines = self.output(LOG, C_LOG).split("\n\n")[0].splitlines()
        self.assertEqual(lines[0].split()[:3], ["file", "tag", "count"])
        self.assertEqual([line.split()[:2] for line in lines[1:]],
                         [[str(LOG), "(untagged)"], [str(LOG), "spsc.push"],
                          [str(LOG), "mpmc-4x4"], [str(C_LOG), "(untagged)"], [str(C_LOG), "abc"]])

    def test_tags_are_listed_once_and_chosen_by_glob(self):
        self.assertEqual(self.output("--list-tags", LOG, C_LOG),
                         "(untagged)\nspsc.push\nmpmc-4x4\nabc\n")
        self.assertEqual(list(rows(self.output("--tag", "*push", "--tag", "mpmc*", LOG))),
                         ["spsc.push", "mpmc-4x4"])
        self.assertIn("--list-tags", self.refusal("--tag", "nothing", LOG))

    def test_an_empty_histogram_has_no_figures(self):
        row = self.output("--raw", text=base64_of("java", "empty")).splitlines()[1]
        self.assertEqual(row.split(), ["line", "1", "0"] + ["-"] * 10)

    def test_malformed_input_is_refused_with_file_and_line(self):
        good = LOG.read_text(encoding="ascii")
        for spoilt, place in ((good + "nonsense\n", f"<stdin>:{good.count(chr(10)) + 1}: "),
                              (good.replace("HISTF", "HISTG", 1), "<stdin>:5: "),
                              ("\n\n" + good[:-40] + "\n", f"<stdin>:{good.count(chr(10)) + 2}: "),
                              (base64_of("java", "single") + "HISTFAAAA\n", "<stdin>:2: "),
                              ("{}\n", "<stdin>:1: ")):
            with self.subTest(place=place):
                message = self.refusal(text=spoilt)
                self.assertTrue(message.startswith(place), message)

    def of_bytes(self, data, *options):
        """Output of a file with these bytes, and of the same on standard input."""
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "some"
            path.write_bytes(data)
            done = subprocess.run([BUSMARK, "hist", *options, str(path)], capture_output=True,
                                  timeout=60, check=False)
            piped = subprocess.run([BUSMARK, "hist", *options], input=data, capture_output=True,
                                   timeout=60, check=False)
        self.assertEqual(done.returncode, piped.returncode)
        self.assertEqual(done.stdout, piped.stdout)
        return done.returncode, (done.stdout + done.stderr).decode().replace(str(path), "some")

    def test_a_log_that_was_packed_or_is_in_another_character_set_is_read(self):
        log = LOG.read_bytes()
        wanted = self.output(LOG)
        text = log.decode("ascii")
        packed = gzip.compress(log)
        half = log.index(b"\n", len(log) // 2) + 1
        for data in (b"\xef\xbb\xbf" + log, packed, gzip.compress(b"\xef\xbb\xbf" + log),
                     gzip.compress(log[:half]) + gzip.compress(log[half:]),
                     b"\xff\xfe" + text.encode("utf-16-le"),
                     b"\xfe\xff" + text.encode("utf-16-be"),
                     b"\xff\xfe" + ("\ufeff" + text.replace("\n", "\r\n")).encode("utf-16-le")):
            with self.subTest(begin=data[:4]):
                self.assertEqual(self.of_bytes(data), (0, wanted))
        many = log + b"".join(log[log.index(b"\n", log.index(b'"')) + 1:] for _ in range(200))
        self.assertEqual(self.of_bytes(gzip.compress(many)), self.of_bytes(many))

    def test_packed_data_that_is_broken_is_refused(self):
        packed = gzip.compress(LOG.read_bytes())
        code, said = self.of_bytes(packed[:-100])
        self.assertEqual(code, 2)
        self.assertRegex(said, r"^busmark: some:\d+: the gzip data is cut short\n$")
        code, said = self.of_bytes(packed[:200] + b"xxxxxxxx" + packed[208:])
        self.assertEqual(code, 2)
        self.assertIn("the gzip data is damaged", said)

    def test_base64_that_was_wrapped_or_quoted_is_read(self):
        text = base64_of("java", "lognormal").strip()
        wanted = rows(self.output("--raw", text=text))["line"]
        pieces = [text[at:at + 76] for at in range(0, len(text), 76)]
        for spelt in ("\n".join(pieces), "\r\n".join(pieces) + "\r\n", f'"{text}"\n',
                      f"'{text}'", f"b'{text}'\n", f'  "{text}",\n', text.rstrip("="),
                      text.replace("+", "-").replace("/", "_"), "\ufeff" + text + "\t \n"):
            with self.subTest(spelt=spelt[:20]):
                self.assertEqual(rows(self.output("--raw", text=spelt))["line"], wanted)
        both = "\n".join(pieces) + "\n" + base64_of("js", "uniform")
        lines = self.output("--raw", text=both).splitlines()
        self.assertEqual(len(lines), 3)
        self.assertTrue(lines[2].startswith(f"line {len(pieces) + 1} "), lines[2])

    def test_other_files_are_called_what_they_are(self):
        hgrm = (GOLDEN / "hgrm" / "lognormal.hgrm").read_bytes()
        wrk2 = (b"Running 30s test @ http://127.0.0.1:80/index.html\n  2 threads and 100 "
                b"connections\n  Detailed Percentile spectrum:\n       Value   Percentile   "
                b"TotalCount 1/(1-Percentile)\n\n")
        for data, words in ((hgrm, "this is a percentile distribution (.hgrm)"),
                            ((GOLDEN / "hgrm" / "lognormal.csv.hgrm").read_bytes(),
                             "this is a percentile distribution (.hgrm)"),
                            (wrk2, "this is a percentile distribution (.hgrm)"),
                            (gzip.compress(hgrm), "this is a percentile distribution (.hgrm)"),
                            (b"Value(ms)  Percentile  TotalCount  1/(1-Percentile)\n",
                             "this is a percentile distribution (.hgrm)"),
                            (b"\x28\xb5\x2f\xfdxx", "this is zstd; write: zstd -dc"),
                            (b"\xfd7zXZ\x00", "this is xz; write: xz -dc"),
                            (b"BZh91AY", "this is bzip2; write: bzip2 -dc"),
                            (b"PK\x03\x04", "this is a zip archive"),
                            (b"\x1c\x84\x93\x14\x00\x00\x00\x1fx", "write: base64 -w0"),
                            (b"\xac\xed\x00\x05sr", "this is a Java object"),
                            (b'{"schema": "busmark.result/1"}', "this is JSON"),
                            (b"<html>", "this is XML or HTML"),
                            (b"DHISTwAAAAA=\n", "this is a DoubleHistogram")):
            with self.subTest(words=words):
                code, said = self.of_bytes(data)
                self.assertEqual(code, 2)
                self.assertTrue(said.startswith("busmark: some:1: "), said)
                self.assertIn(words, said)

    def test_lengths_follow_from_ends_and_stamps_that_nobody_set_are_shown_as_none(self):
        line = LOG.read_text(encoding="ascii").splitlines()[4].split(",", 3)[3]
        log = f"0.000,1.000,0,{line}\n1.000,2.000,0,{line}\n2.000,3.000,0,{line}\n"
        self.assertEqual([row.split()[2] for row in
                          self.output("--intervals", text=log).splitlines()[1:4]], ["1s"] * 3)
        unset = f"9223372036854775.807,-9223372036854775.807,0,{line}\n"
        self.assertEqual(self.output("--intervals", text=unset).splitlines()[1].split()[1:3],
                         ["-", "-"])

    def test_one_row_has_one_unit_of_what_is_too_long(self):
        row = self.output("--unit", "s", text=base64_of("java", "all_at_max")).splitlines()[1]
        self.assertNotIn("e+", row)

    def test_every_malformed_base64_gets_its_verdict(self):
        table = (GOLDEN / "malformed.tsv").read_text(encoding="utf-8").splitlines()
        titles = table[0].lstrip("# ").split("\t")
        judged = 0
        for line in table[1:]:
            case = dict(zip(titles, line.split("\t")))
            # Text that does not begin like a histogram is a log to this command.
            if case["should"] not in ("accept", "reject") or not case["base64"].startswith("HIST"):
                continue
            judged += 1
            with self.subTest(name=case["name"]):
                code, out, err = hist("--raw", text=case["base64"] + "\n")
                self.assertEqual(code, 0 if case["should"] == "accept" else 2, out + err)
        self.assertGreater(judged, 10)

    def test_counts_beyond_63_bits_are_refused_where_they_overflow(self):
        big = (GOLDEN / "b64_java" / "big_counts.b64").read_text(encoding="ascii")
        text = big * 40_000
        message = self.refusal("--merge", text=text)
        self.assertRegex(message, r"^<stdin>:\d+: .*2\^63")

    def test_input_without_a_histogram_is_refused(self):
        self.assertIn("holds no histogram", self.refusal(text=""))
        self.assertIn("holds no histogram", self.refusal(text="#[only a comment]\n"))
        self.assertIn("cannot be opened", self.refusal("/nonexistent.hlog"))
        self.assertIn("is a folder", self.refusal(LOG.parent))

    def test_a_bad_file_after_a_good_one_leaves_nothing_half_printed(self):
        self.assertIn("cannot be opened", self.refusal(LOG, "/nonexistent.hlog"))

    def test_contradicting_options_are_refused(self):
        for options in (["--hgrm", "--csv"], ["--merge", "--intervals"], ["--scale", "2"],
                        ["--ticks", "1"], ["--raw", "--unit", "us"],
                        ["--hgrm", "--percentiles", "50"], ["--hgrm"], ["--unit", "h"],
                        ["--percentiles", "50,"], ["--percentiles", "100"],
                        ["--hgrm", "--scale", "0"], ["--hgrm", "--scale", "nan"],
                        ["--hgrm", "--ticks", "0"]):
            with self.subTest(options=options):
                self.refusal(*options, LOG)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
