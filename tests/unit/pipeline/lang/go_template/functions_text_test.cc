#include <catch2/catch.hpp>

#include "tests/unit/pipeline/lang/go_template/support.h"

namespace lokitail::pipeline::lang::test {
namespace {

TEST_CASE("Promtail's own text functions", "[go_template]") {
  const Row rows[] = {
      {"{{ ToUpper `aBc\u017E\u00DF` }} {{ ToLower `ABC\u017D\u0130` }}", "ABC\u017D\u00DF abc\u017Ei"},
      {"{{ ToUpper `A1` }} {{ ToUpper `` }}", "A1 "},
      {"{{ Replace `aaaa` `a` `b` 2 }} {{ Replace `aaaa` `a` `b` -1 }} {{ Replace `aa` `a` `b` 0 "
       "}}",
       "bbaa bbbb aa"},
      {"{{ Replace `ab` `` `-` -1 }} {{ Replace `\u017Eb` `` `-` 2 }} {{ Replace `x` `y` `z` -1 }}",
       "-a-b- -\u017E-b x"},
      {"[{{ Trim `xyaxy` `yx` }}] [{{ TrimLeft `xyaxy` `yx` }}] [{{ TrimRight `xyaxy` `yx` }}]",
       "[a] [axy] [xya]"},
      {"[{{ Trim `\u017Ea\u017E` `\u017E` }}] [{{ Trim `abc` `` }}] [{{ Trim `xx` `x` }}]", "[a] [abc] []"},
      {"[{{ TrimPrefix `xxa` `x` }}] [{{ TrimSuffix `axx` `x` }}] [{{ TrimPrefix `a` `b` }}]",
       "[xa] [ax] [a]"},
      {"[{{ TrimSpace ` \t\n\u00A0\u2003a b\u3000 ` }}]", "[a b]"},
  };
  check_all(rows);
}

TEST_CASE("bytes that are no UTF-8 count as U+FFFD each", "[go_template]") {
  const TextMap data = {{"v",
                         "a\xFF"
                         "b"},
                        {"w", "\xFF x \xC5"}};
  const Row rows[] = {
      {"{{ ToUpper .v }}",
       "A\uFFFD"
       "B"},
      {"{{ .v }}",
       "a\xFF"
       "b"},
      {"{{ quote .v }}", "\"a\\xffb\""},
      {"{{ toJson .v }}", "\"a\\ufffdb\""},
      {"[{{ TrimSpace .w }}]", "[\xFF x \xC5]"},
      {"{{ len .v }} {{ trunc 2 .v }} {{ shuffle (trunc 2 .v) | len }}", "3 a\xFF 4"},
  };
  check_all(rows, data);
}

TEST_CASE("Sprig's trimming and cutting", "[go_template]") {
  const Row rows[] = {
      {"[{{ trim `  a ` }}] [{{ trimAll `$` `$5.00$` }}] [{{ trimall `$` `$5$` }}]", "[a] [5.00] [5]"},
      {"{{ trimSuffix `-` `hello-` }} {{ trimPrefix `-` `-hello` }}", "hello hello"},
      {"{{ trunc 5 `hello world` }} {{ trunc -5 `hello world` }} {{ trunc -99 `hi` }} {{ trunc 0 "
       "`hi` }}|",
       "hello world hi |"},
      {"{{ substr 0 5 `hello world` }} {{ substr 6 -1 `hello world` }} {{ substr -1 5 `hello "
       "world` }}"
       " {{ substr 6 99 `hello world` }}",
       "hello world hello world"},
      {"{{ substr 3 1 `hello` }}", "error: slice bounds out of range"},
      {"{{ substr -1 99 `hello` }}", "error: slice bounds out of range"},
      {"{{ substr 9 -1 `hello` }}", "error: slice bounds out of range"},
      {"{{ abbrev 5 `hello world` }} {{ abbrev 3 `hello` }} {{ abbrev 20 `short` }}", "he... hello short"},
      {"{{ abbrevboth 5 10 `1234 5678 9123` }} {{ abbrevboth 0 8 `hello world` }}", "...5678... hello..."},
      {"{{ abbrevboth 12 10 `1234 5678 9123` }} {{ abbrevboth 1 6 `long text` }}", "...78 9123 long text"},
      {"{{ repeat 3 `ab` }}|{{ repeat 0 `ab` }}|{{ repeat 3 `` }}", "ababab||"},
      {"{{ repeat -1 `x` }}", "error: strings: negative Repeat count"},
      {"{{ nospace `he  l\tl o` }}", "hello"},
      {"{{ replace ` ` `-` `I Am Henry` }}", "I-Am-Henry"},
      {"{{ contains `cat` `concatenate` }} {{ hasPrefix `cat` `catch` }} {{ hasSuffix `cat` "
       "`catch` }}",
       "true true false"},
      {"{{ indent 2 \"a\\nb\\n\" }}|{{ nindent 2 \"a\" }}", "  a\n  b\n  |\n  a"},
      {"{{ plural `one` `many` 1 }} {{ plural `one` `many` (len `abc`) }}", "one many"},
      {"{{ wrap 10 `a word that is quite longword longerthanthat end` }}",
       "a word\nthat is\nquite\nlongword\nlongerthanthat\nend"},
      {"{{ wrapWith 5 `|` `Hello World` }} {{ wrapWith 3 `/` `abcdefgh` }}", "Hello|World abc/def/gh"},
      {"{{ hello }}", "Hello!"},
  };
  check_all(rows);
}

TEST_CASE("Sprig's quoting and joining", "[go_template]") {
  const Row rows[] = {
      {R"({{ quote "a\"b" 1 nil true }} {{ squote "it's" 2 nil }})", R"("a\"b" "1" "true" 'it's' '2')"},
      {"{{ cat `a` 1 nil true 1.5 }}|{{ cat }}", "a 1 true 1.5|"},
      {"{{ join `-` (list 1 `a` nil true) }} {{ join `,` `x` }} {{ join `,` (until 3) }}",
       "1-a-true x 0,1,2"},
      {"{{ sortAlpha (list `c` `a` 10 `b`) }} {{ sortAlpha `x` }}", "[10 a b c] [x]"},
      {"{{ splitList `$` `foo$bar$baz` }} {{ splitList `` `a\u017E` }} {{ splitList `,` `` | len "
       "}}",
       "[foo bar baz] [a \u017E] 1"},
      {"{{ $p := split `$` `foo$bar` }}{{ $p._0 }}{{ $p._1 }} {{ $p._2 }}", "foobar <no value>"},
      {"{{ splitn `$` 2 `a$b$c` }} {{ splitn `$` 0 `a$b` }}", "map[_0:a _1:b$c] map[]"},
      {"{{ toString 1.5 }}{{ toString true }}{{ toString (list 1) }}", "1.5true[1]"},
      {"{{ toStrings (list 1 nil `x`) }} {{ toStrings 5 }}", "[1 x] [5]"},
  };
  check_all(rows);
}

TEST_CASE("letters", "[go_template]") {
  const Row rows[] = {
      {"{{ upper `hello` }} {{ lower `HELLO` }} {{ title `hello wORLD it's o_o \u017Elu\u0165` }}",
       "HELLO hello Hello WORLD It'S O_o \u017Dlu\u0165"},
      {"{{ untitle `Hello World ABC` }}", "hello world aBC"},
      {"{{ swapcase `This Is A.Test` }}", "tHIS iS a.tEST"},
      {"{{ initials `First Try\tx` }}", "FTx"},
      {"{{ snakecase `FirstName` }} {{ snakecase `HTTPServer` }} {{ snakecase `NoHTTPS` }}"
       " {{ snakecase `GO_PATH` }} {{ snakecase `GO PATH` }} {{ snakecase `GO-PATH` }}",
       "first_name http_server no_https go_path go_path go_path"},
      {"{{ snakecase `http2xx` }} {{ snakecase `HTTP20xOK` }} {{ snakecase `Duration2m3s` }}"
       " {{ snakecase `Bld4Floor3rd` }}",
       "http_2xx http_20x_ok duration_2m3s bld4_floor_3rd"},
      {"{{ kebabcase `FirstName HTTP2xx` }}|{{ kebabcase `` }}|{{ kebabcase `A` }}",
       "first-name-http-2xx||a"},
      {"{{ snakecase `a.B c!d` }} {{ snakecase `_Ab__Cd_` }} {{ snakecase `ABC` }} {{ snakecase "
       "`A1` }}",
       "a.b_c!d _ab__cd_ abc a1"},
      {"{{ camelcase `some_words` }} {{ camelcase `http_server` }} {{ camelcase `_complex__case_` "
       "}}"
       " {{ camelcase `some words` }} {{ camelcase `GOLANG_IS_GREAT` }} {{ camelcase `a` }}",
       "SomeWords HttpServer _Complex_Case_ SomeWords GolangIsGreat A"},
  };
  check_all(rows);
}

TEST_CASE("regular expressions in templates", "[go_template]") {
  const Row rows[] = {
      {"{{ regexReplaceAll `a(x*)b` `-ab-axxb-` `${1}W` }}", "-W-xxW-"},
      {"{{ regexReplaceAll `a(x*)b` `-ab-axxb-` `$1W` }}", "---"},
      {"{{ regexReplaceAll `(?P<n>x)` `axb` `<$n>$$` }}", "a<x>$b"},
      {"{{ regexReplaceAll `x*` `axb` `-` }} {{ regexReplaceAll `` `ab` `-` }}", "-a-b- -a-b-"},
      {"{{ regexReplaceAllLiteral `a(x*)b` `-ab-axxb-` `${1}` }}", "-${1}-${1}-"},
      {"{{ mustRegexReplaceAll `b` `abb` `c` }} {{ mustRegexReplaceAllLiteral `b` `abb` `$0` }}",
       "acc a$0$0"},
      {"{{ regexReplaceAll (print `b` `+`) `abb` `c` }}", "ac"},
      {"{{ regexMatch `^[a-z]+$` `abc` }} {{ regexMatch `^[a-z]+$` `a1` }}", "true false"},
      {"{{ regexFind `[a-z][1-9]` `ab1cd2` }}|{{ regexFind `z` `ab` }}|", "b1||"},
      {"{{ regexFindAll `[2468]` `123456789` -1 }} {{ regexFindAll `[2468]` `123456789` 2 }}"
       " {{ regexFindAll `x` `ab` -1 }} {{ regexFindAll `a` `a` 0 | toJson }}",
       "[2 4 6 8] [2 4] [] null"},
      {"{{ regexFindAll `x*` `axb` -1 | len }}", "3"},
      {"{{ regexSplit `z+` `pizza` -1 }} {{ regexSplit `,` `a,b,c` 2 }} {{ regexSplit `,` `a,b` 0 "
       "}}",
       "[pi a] [a b,c] []"},
      {"{{ regexSplit `` `abc` -1 }} {{ regexSplit `a` `` -1 | len }} {{ regexSplit `,` `a,` -1 | "
       "len }}",
       "[a b c] 1 2"},
      {"{{ regexQuoteMeta `1.2.3-[x]` }}", "1\\.2\\.3-\\[x\\]"},
      {"{{ if false }}{{ regexMatch `(` `x` }}{{ end }}fine", "fine"},
  };
  check_all(rows);
  CHECK(render("{{ regexMatch `(` `x` }}") == "false");  // its error is not asked for
  CHECK(render("{{ regexFind (print `(`) `x` }}").starts_with("error: error parsing regexp: "));
}

TEST_CASE("digests and encodings", "[go_template]") {
  const Row rows[] = {
      {"{{ sha1sum `` }} {{ sha256sum `abc` }}",
       "da39a3ee5e6b4b0d3255bfef95601890afd80709 "
       "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
      {"{{ sha512sum `abc` | trunc 16 }} {{ adler32sum `Wikipedia` }} {{ adler32sum `` }}",
       "ddaf35a193617aba 300286872 1"},
      {"{{ Hash `a` `bc` }} {{ Sha2Hash `a` `bc` }}",
       "3a985da74fe225b2045c172d6bd390bd855f086e3e9d525b46bfe24511431532 "
       "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
      {"{{ b64enc `` }}{{ b64enc `f` }} {{ b64enc `fo` }} {{ b64enc `foo` }} {{ b64enc `foob` }}",
       "Zg== Zm8= Zm9v Zm9vYg=="},
      {"{{ b64dec `Zg==` }} {{ b64dec `Zm8=` }} {{ b64dec `Zm9v` }} {{ b64dec \"Zm\\n9v\" }}|{{ "
       "b64dec `` }}",
       "f fo foo foo|"},
      {"{{ b64dec `Zm9` }}|{{ b64dec `Zg=` }}|{{ b64dec `Z===` }}|{{ b64dec `Zg==x` }}|{{ b64dec "
       "`Zm-v` }}",
       "illegal base64 data at input byte 0|illegal base64 data at input byte 3|"
       "illegal base64 data at input byte 1|illegal base64 data at input byte 4|"
       "illegal base64 data at input byte 2"},
      {"{{ b32enc `f` }} {{ b32enc `foobar` }} {{ b32dec `MY======` }} {{ b32dec "
       "`MZXW6YTBOI======` }}",
       "MY====== MZXW6YTBOI====== f foobar"},
      {"{{ b32dec `M1` }}", "illegal base32 data at input byte 1"},
  };
  check_all(rows);
}

TEST_CASE("paths", "[go_template]") {
  const Row rows[] = {
      {"{{ base `/foo/bar/baz.tar.gz` }} {{ base `` }} {{ base `///` }} {{ base `a/` }}", "baz.tar.gz . / a"},
      {"{{ dir `/foo/bar` }} {{ dir `/a/` }} {{ dir `a` }} {{ dir `/` }} {{ dir `a//b/../c` }}",
       "/foo /a . / a"},
      {"{{ ext `a.tar.gz` }}|{{ ext `a.b/c` }}|{{ ext `.profile` }}", ".gz||.profile"},
      {"{{ clean `foo/bar/../../../baz` }} {{ clean `/../a//b/./c/` }} {{ clean `` }} {{ clean "
       "`a/..` }}"
       " {{ clean `../..` }} {{ clean `../x/..` }}",
       "../baz /a/b/c . . ../.. .."},
      {"{{ isAbs `/a` }} {{ isAbs `a` }} {{ osBase `/x/y` }} {{ osDir `/x/y` }} {{ osClean `/x/..` "
       "}}"
       " {{ osExt `a.b` }} {{ osIsAbs `/` }}",
       "true false y /x / .b true"},
  };
  check_all(rows);
}

TEST_CASE("URLs", "[go_template]") {
  const Row rows[] = {
      {"{{ urlParse `http://admin:secret@server.com:8080/api?list=false#anchor` }}",
       "map[fragment:anchor host:server.com:8080 hostname:server.com opaque: path:/api "
       "query:list=false scheme:http userinfo:admin:secret]"},
      {"{{ with urlParse `HTTP://[::1]:80/a%20b?x=%20#f%C3%A9` }}{{ .scheme }} {{ .host }} {{ "
       ".hostname }}"
       " {{ .path }} {{ .query }} {{ .fragment }}{{ end }}",
       "http [::1]:80 ::1 /a b x=%20 f\u00e9"},
      {"{{ (urlParse `mailto:joe@example.com`).opaque }} {{ (urlParse `/only/path`).path }}"
       " {{ (urlParse `rel/path?`).path }} {{ (urlParse `//host/p`).host }}",
       "joe@example.com /only/path rel/path host"},
      {"{{ (urlParse `http://a%zz`).host }}", "error: unable to parse url: http://a%zz"},
      {"{{ urlParse `http://h:x/` }}", "error: unable to parse url: http://h:x/"},
      {"{{ urlParse `:x` }}", "error: unable to parse url: :x"},
      {"{{ urlParse `a:b/c` | len }} {{ urlParse `1a:b` }}", "error: unable to parse url: 1a:b"},
      {"{{ urlParse `http://a b/` }}", "error: unable to parse url: http://a b/"},
      {"{{ urlParse `/%` }}", "error: unable to parse url: /%"},
      {"{{ urlJoin (dict `fragment` `frag` `host` `host:80` `path` `/a b` `query` `q=1` `scheme` "
       "`http`"
       " `userinfo` `u:p@ss`) }}",
       "http://u:p%40ss@host:80/a%20b?q=1#frag"},
      {"{{ urlJoin (dict `path` `p` `host` `h`) }} {{ urlJoin (dict `path` `a:b`) }} {{ urlJoin "
       "dict }}|",
       "//h/p ./a:b |"},
      {"{{ urlJoin (dict `scheme` `x` `opaque` `y`) }}", "x:y"},
      {"{{ urlJoin (dict `path` 1) }}", "error: urlJoin: this part of the url must be a string: path"},
  };
  check_all(rows);
}

TEST_CASE("what is random has its form at least", "[go_template]") {
  const Row rows[] = {
      {"{{ regexMatch `^[A-Za-z]{20}$` (randAlpha 20) }} {{ regexMatch `^[0-9]{5}$` (randNumeric "
       "5) }}",
       "true true"},
      {"{{ regexMatch `^[0-9A-Za-z]{20}$` (randAlphaNum 20) }} {{ regexMatch `^[ -~]{9}$` "
       "(randAscii 9) }}",
       "true true"},
      {"{{ $n := randInt 3 5 }}{{ and (ge $n 3) (lt $n 5) }}", "true"},
      {"{{ randInt 5 5 }}", "error: invalid argument to Intn"},
      {"{{ regexMatch `^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$` "
       "uuidv4 }}",
       "true"},
      {"{{ randBytes 6 | b64dec | len }} {{ shuffle `aaa` }} {{ randAlpha 0 }}|{{ randAlpha -1 }}|",
       "6 aaa ||"},
      {"{{ ne uuidv4 uuidv4 }}", "true"},
  };
  check_all(rows);
}

}  // namespace
}  // namespace lokitail::pipeline::lang::test
