#include <catch2/catch.hpp>

#include <set>

#include "pipeline/redact/built_in.h"
#include "tests/unit/pipeline/support.h"

namespace lokitail::pipeline::test {
namespace {

// Made up, so that nobody takes them for real ones.
std::string characters(std::string_view alphabet, std::size_t size) {
  std::string text;
  for (std::size_t i = 0; i < size; ++i) text += alphabet[(i * 7 + 3) % alphabet.size()];
  return text;
}
std::string letters_digits(std::size_t size) {
  return characters("aZ3kQ9bYx2Lm7RtC1nVwP5sD8gHj4uEfK6", size);
}
std::string upper_digits(std::size_t size) { return characters("Z3Q9YX2L7RTC1VWP5SD8GHJ4UEFK6", size); }
std::string hex(std::size_t size) { return characters("a3f9b2c71d5e8046", size); }
std::string digits(std::size_t size) { return characters("4170358296", size); }

// What stands between two § has to go.
struct Marked {
  Marked(std::string_view marked, const std::string& placeholder) {
    constexpr std::string_view kMark = "§";
    for (bool secret = false;; secret = !secret) {
      const std::string_view part = marked.substr(0, marked.find(kMark));
      text += part;
      clean += secret ? placeholder : part;
      if (part.size() == marked.size()) break;
      marked.remove_prefix(part.size() + kMark.size());
    }
  }
  std::string text;
  std::string clean;
};

std::string run_stage(const std::string& stage, const std::string& line) {
  const auto entries = run_pipeline(stage, {line});
  return entries.empty() ? "<dropped>" : entries.at(0).line;
}

struct Row {
  std::string pattern;
  std::string marked;
};

const std::vector<Row>& rows() {
  static const std::vector<Row> kRows = [] {
    const std::string akia = "AKIA" + upper_digits(16);
    const std::string aws_secret = letters_digits(19) + "/" + letters_digits(19) + "+";
    const std::string jwt = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0." + letters_digits(43);
    const std::string pem = "-----BEGIN RSA PRIVATE KEY-----";
    const std::string pem_end = "-----END RSA PRIVATE KEY-----";
    const std::string base64 = letters_digits(60) + "+/==";
    return std::vector<Row>{
        {"aws_access_key_id", "key §" + akia + "§ used"},
        {"aws_access_key_id", R"({"AccessKeyId":"§)" + akia + R"(§"})"},
        {"aws_access_key_id", "https://s3/?AWSAccessKeyId=§" + akia + "§&Expires=1"},
        {"aws_access_key_id", R"(first\n§)" + akia + R"(§\nlast)"},
        {"aws_access_key_id", "X-Amz-Credential=§ASIA" + upper_digits(16) + "§%2F20260101"},
        {"aws_secret_access_key", "aws_secret_access_key = §" + aws_secret + "§"},
        {"aws_secret_access_key", "AWS_SECRET_ACCESS_KEY=§" + aws_secret + "§ AWS_REGION=eu"},
        {"aws_secret_access_key", R"({"SecretAccessKey":"§)" + aws_secret + R"(§"})"},
        {"google_api_key", "https://maps/api?key=§AIza" + letters_digits(35) + "§&q=x"},
        {"google_oauth_token", "token §ya29." + letters_digits(60) + "§ expired"},
        {"google_oauth_token", R"("client_secret":"§GOCSPX-)" + letters_digits(28) + R"(§")"},
        {"github_token", "remote https://x:§ghp_" + letters_digits(36) + "§@github.com"},
        {"github_token", "GITHUB_TOKEN=§github_pat_" + letters_digits(22) + "_" + letters_digits(59) + "§"},
        {"gitlab_token", "PRIVATE-TOKEN: §glpat-" + letters_digits(20) + "§"},
        {"gitlab_token", "runner §glrt-" + letters_digits(20) + "§, paused"},
        {"slack_token", "§xoxb-" + digits(12) + "-" + digits(12) + "-" + letters_digits(24) + "§"},
        {"slack_token", "§xapp-1-A" + upper_digits(10) + "-" + digits(13) + "-" + hex(64) + "§"},
        {"slack_webhook", "POST https://hooks.slack.com/services/§T" + upper_digits(8) + "/B" +
                              upper_digits(8) + "/" + letters_digits(24) + "§ 200"},
        {"stripe_key", "key=§sk_live_" + letters_digits(24) + "§"},
        {"stripe_key", "secret §whsec_" + letters_digits(32) + "§"},
        {"twilio_key", "sid=§SK" + hex(32) + "§"},
        {"sendgrid_key", "§SG." + letters_digits(22) + "." + letters_digits(43) + "§"},
        {"npm_token", "//registry.npmjs.org/:_x=§npm_" + letters_digits(36) + "§"},
        {"pypi_token", "twine -p §pypi-AgEIcHlwaS5vcmc" + letters_digits(60) + "§"},
        {"openai_key", "§sk-proj-" + letters_digits(48) + "§"},
        {"openai_key", "§sk-" + letters_digits(20) + "T3BlbkFJ" + letters_digits(20) + "§"},
        {"anthropic_key", "x-key: §sk-ant-api03-" + letters_digits(80) + "§"},
        {"huggingface_token", "§hf_" + characters("aZkQbYxLmRtCnVwPsD", 34) + "§"},
        {"grafana_token", "§glsa_" + letters_digits(32) + "_" + hex(8) + "§"},
        {"grafana_token", "§glc_eyJ" + letters_digits(60) + "=§"},
        {"vault_token", "VAULT_TOKEN=§hvs." + letters_digits(24) + "§"},
        {"dockerhub_token", "docker login -p §dckr_pat_" + letters_digits(27) + "§"},
        {"digitalocean_token", "§dop_v1_" + hex(64) + "§"},
        {"azure_storage_key", "AccountName=a;AccountKey=§" + letters_digits(86) + "==§;Suffix=b"},
        {"azure_storage_key", "SharedAccessKey=§" + letters_digits(43) + "=§"},
        {"azure_sas_signature", "?sv=2022&sig=§" + letters_digits(43) + "%3D§&se=2026"},
        {"jwt", "id_token §" + jwt + "§"},
        {"jwt", R"({"t":"§)" + jwt + R"(§"})"},
        {"jwt", "unsigned §eyJhbGciOiJub25lIn0.eyJzdWIiOiIxMjM0In0.§ seen"},
        {"bearer_token", "Authorization: Bearer §" + letters_digits(40) + "§"},
        {"bearer_token", R"({"authorization":"bearer §)" + letters_digits(32) + R"(§"})"},
        {"bearer_token", "-H 'Authorization: Bearer §" + hex(32) + "§'"},
        {"basic_auth", "Authorization: Basic §dXNlcjpwYXNzd29yZA==§"},
        {"basic_auth", R"("Authorization":["Basic §YWRtaW46YWRtaW4=§"])"},
        {"authorization", "Authorization: §" + letters_digits(40) + "§"},
        {"authorization", R"("Authorization":"Token §)" + hex(40) + R"(§")"},
        {"private_key", "§" + pem + R"(\n)" + base64 + R"(\n)" + pem_end + R"(§\n rest)"},
        {"private_key", "§" + pem + "\n" + base64 + "\n" + pem_end + "§\nrest"},
        {"private_key", R"({"key":"§-----BEGIN PRIVATE KEY-----\n)" + base64 + R"(§","a":1})"},
        {"private_key", "§-----BEGIN OPENSSH PRIVATE KEY-----§"},
        {"private_key",
         "§-----BEGIN PGP PRIVATE KEY BLOCK-----\n\n" + base64 + "\n-----END PGP PRIVATE KEY BLOCK-----§!"},
        {"private_key", "§" + pem + R"(\nProc-Type: 4,ENCRYPTED\n)" + base64 + R"(\n)" + pem_end + "§ and §" +
                            pem + base64 + pem_end + "§"},
        {"url_password", "dial postgres://app:§s3cr3t!§@db:5432/app?sslmode=off"},
        {"url_password", "redis://:§hunter2§@cache:6379"},
        {"url_password", R"("amqp://u:§p@ss:w§@mq/%2f")"},
        {"credential", "password=§hunter2§ user=bob"},
        {"credential", R"({"user":"bob","password":"§hun\"ter2, x§","n":1})"},
        {"credential", R"({"msg":"{\"password\":\"§a\\\"b§\",\"n\":1}"})"},
        {"credential", R"({"msg":"{\"m\":\"{\\\"api_key\\\":\\\"§abc§\\\"}\"}"})"},
        {"credential", R"(db_password: "§a b c§" rest)"},
        {"credential", "DB_PASSWORD='§it is§' rest"},
        {"credential", "GET /login?user=bob&passwd=§a%20b§&x=1 HTTP/1.1"},
        {"credential", "userPassword: §hunter2§, next"},
        {"credential", "api_key: §" + hex(32) + "§"},
        {"credential", R"({"x-api-key": "§)" + letters_digits(20) + R"(§"})"},
        {"credential", "client_secret=§abc§&grant_type=x"},
        {"credential", R"("refresh_token" => "§1/abc-def§")"},
        {"credential", "config['secret'] = '§abc§'"},
        {"credential", "secretKey:=§abc§"},
        {"credential", "pwd = §abc§"},
        {"credential", "Server=x;Pwd=§abc§;Timeout=5"},
        {"credential", "mysqldump --password=§abc§ --user x"},
        {"credential", "mysqldump --password §abc§ --user x"},
        {"credential", "<user>bob</user><ns:Password>§hunter 2§</ns:Password>"},
        {"credential", "token=§" + letters_digits(32) + "§&x=1"},
        {"credential", "session_token=§123e4567-e89b-12d3-a456-426614174000§"},
        {"credential", R"("password":"§cut off in the mid)" + std::string("§")},
        {"credential", "passphrase%3D§abc§%26x"},
        {"credit_card", "card §4111111111111111§ charged"},
        {"credit_card", "§4111 1111 1111 1111§"},
        {"credit_card", "pan=§5500-0055-5555-5559§;"},
        {"credit_card", R"({"amex":§378282246310005§,"n":1})"},
        {"credit_card", "amex §3782 822463 10005§."},
        {"credit_card", "§4222222222222§ §30569309025904§ §6011111111111117§"},
        {"credit_card", "§3530111333300000§, §2223003122003222§, §6212345678901232§"},
        {"credit_card", "§4111 1111 1111 1111§ 2025"},
        {"credit_card", "§4111111111111111§ 12/27 123"},
        {"iban", "to §DE89370400440532013000§ done"},
        {"iban", R"({"iban":"§GB29 NWBK 6016 1331 9268 19§"})"},
        {"iban", "§FR1420041010050500013M02606§, §NO9386011117947§"},
        {"email", "user §alice.b+x@mail.example.com§ logged in"},
        {"email", R"({"email":"§bob@example.org§","n":1})"},
        {"email", "From: Carol <§carol@example.co.uk§>."},
        {"email", R"(a\n§dave@example.com§\n)"},
        {"email", "mailto:§eve@example.com§?subject=x"},
        {"ipv4", "client §192.168.10.4§ - - "},
        {"ipv4", R"({"ip":"§10.0.0.1§","p":"§8.8.8.8§:53"})"},
        {"ipv4", "from §203.0.113.7§."},
        {"ipv6", "peer [§2001:db8::1§]:443 and §fe80::1ff:fe23:4567:890a§%eth0"},
        {"ipv6", "§::1§ §2001:0db8:0000:0000:0000:ff00:0042:8329§ §::ffff:192.0.2.1§"},
        {"us_ssn", R"({"ssn":"§123-45-6789§"})"},
    };
  }();
  return kRows;
}

TEST_CASE("redact knows secrets by name", "[stage][redact]") {
  for (const Row& row : rows()) {
    const Marked marked(row.marked, "<redacted:" + row.pattern + ">");
    const std::string stage = "- redact: {patterns: [" + row.pattern + "]}";
    INFO(row.pattern << ": " << marked.text);
    CHECK(run_stage(stage, marked.text) == marked.clean);
    CHECK(run_stage(stage, marked.clean) == marked.clean);
  }
}

TEST_CASE("each built-in pattern is tested", "[redact]") {
  std::set<std::string> tested;
  for (const Row& row : rows()) tested.insert(row.pattern);
  for (const auto& pattern : redact::built_ins()) {
    CAPTURE(pattern.name);
    CHECK(tested.contains(std::string(pattern.name)));
  }
}

TEST_CASE("redact leaves what is no secret", "[stage][redact]") {
  const std::string card = "4111111111111111";
  const struct {
    std::string what;
    std::string line;
  } kLines[] = {
      {"uuid", "id=123e4567-e89b-12d3-a456-426614174000"},
      {"uuid of digits", "41111111-1111-4111-1111-111111111111 12345678-4111-1111-1111-111111111111"},
      {"trace and span", R"({"trace_id":"4bf92f3577b34da6a3ce929d0e0e4736","span_id":"00f067aa0ba902b7"})"},
      {"trace and span of digits", "trace_id=41111111111111114111111111111111 span_id=" + card},
      {"the same in JSON", R"({"spanId":")" + card + R"(","traceId": ")" + card + card + R"("})"},
      {"the same in escaped JSON", R"({"m":"{\"span_id\":\")" + card + R"(\"}"})"},
      {"trace in capitals", "traceID=4BF92F3577B34DA6A3CE929D0E0E4736"},
      {"W3C trace context", "traceparent: 00-41111111111111114111111111111111-" + card + "-01"},
      {"B3", "b3: 4bf92f3577b34da6a3ce929d0e0e4736-" + card + "-1"},
      {"times",
       "2025-11-07T10:30:15.123456789Z 2025-11-07 10:30:15,123 Nov  7 10:30:15 "
       "07/Nov/2025:10:30:15 +0000 20251107103015"},
      {"epochs", "1762516800 1762516800123 1762516800123456 1762516800123456789 1762516800.123456"},
      {"numbers",
       "4111111111111112 41111111111111111 3.4111111111111111 0x4111111111111111 "
       "order-4111111111111111 4111-1111-1111-1111-1111 bytes=5500005555555550"},
      {"git", "commit 9fceb02d0ae598e95dc970b74767f19372d61af8 (HEAD) 9fceb02"},
      {"digest", "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
      {"image", "registry.example.com/app@sha256:" + hex(64)},
      {"mac", "00:1A:2B:3C:4D:5E"},
      {"pod", "checkout-7d4b9c6f5d-x2x4z default/checkout"},
      {"base64", "eyJsZXZlbCI6ImluZm8ifQ== " + letters_digits(88) + "=="},
      {"words", "password reset requested; passwords do not match; wrong password for bob"},
      {"tokens", R"({"max_tokens":4096,"tokens":512,"total_token":17,"token":"expired"} token=abc)"},
      {"page", "next_page_token=" + letters_digits(40) + " continuation-token: " + letters_digits(20)},
      {"names", "secret \"db\" not found in secretary=bob secret_name=db passwordless=x secrets=5"},
      {"nothing", R"({"password":null,"api_key":"","secret":"****"} password= user=bob token=)"},
      {"hidden", "password=<hidden> secret=[FILTERED] pwd=xxxx api_key=${API_KEY} secret={{.x}}"},
      {"comparison", "if password == nil {"},
      {"object", R"({"credentials":{"user":"bob"},"secret":["a"]})"},
      {"folder", "PWD=/home/bob OLDPWD=/ pwd: ./x"},
      {"prose", "basic authentication required; Bearer authentication-required-here; basic c2hvcnQ="},
      {"authorization", "authorization failed: user-without-permission authorization=required"},
      {"url", "http://example.com:8080/a@b?x=y:z@w https://example.com/ ws://host/path://x"},
      {"user in a url", "ssh://git@example.com/repo https://bob@example.com/"},
      {"repository", "git clone git@github.com:owner/repo.git"},
      {"no mail", "bob@host logo@2x.png getty@tty1.service pkg@1.2.3 @types/node@18.0.0 a@b..com"},
      {"no keys", "AKIA" + upper_digits(15) + " XAKIA" + upper_digits(16) + " ghp_" + letters_digits(35) +
                      " AIza" + letters_digits(36) + " task-proj-" + letters_digits(30) + " SK" + hex(31) +
                      " npm_config_cache sk_test_short"},
      {"public key", "-----BEGIN PUBLIC KEY----- -----BEGIN CERTIFICATE-----"},
      {"no iban", "DE89370400440532013001 XX89370400440532013000 DE8937040044053201300 GB29NWBK"},
      {"no ssn", "000-12-3456 666-12-3456 123-00-4567 1123-45-6789 123-45-67890"},
  };
  // The placeholders would be seen.
  const std::string stage = "- redact: {patterns: all, exclude: [ipv4, ipv6]}";
  for (const auto& row : kLines) {
    INFO(row.what);
    CHECK(run_stage(stage, row.line) == row.line);
  }
  const struct {
    std::string pattern;
    std::string line;
  } kAddresses[] = {
      {"ipv4", "v1.2.3.4 1.2.3 1.2.3.4.5 256.1.1.1 1.2.3.4a 10.20.30 01.02.03.04567"},
      {"ipv6", "12:30:15 00:1A:2B:3C:4D:5E a::b::c std::vector abc::def::x 2001:db8 ::"},
  };
  for (const auto& row : kAddresses) {
    INFO(row.pattern);
    CHECK(run_stage("- redact: {patterns: " + row.pattern + "}", row.line) == row.line);
  }
}

TEST_CASE("redact replaces, hashes or drops", "[stage][redact]") {
  const std::string line = "user=bob password=hunter2 again password=hunter2 other password=x1";
  const std::string only = "patterns: credential";
  CHECK(run_stage("- redact: {" + only + ", replacement: '***'}", line) ==
        "user=bob password=*** again password=*** other password=***");
  CHECK(run_stage("- redact: {" + only + ", replacement: '$$$name$$'}", "secret=abc") ==
        "secret=$credential$");

  const std::string hashed = run_stage("- redact: {" + only + ", action: hash, salt: pepper}", line);
  // printf hunter2 | openssl dgst -sha256 -hmac pepper
  CHECK(hashed ==
        "user=bob password=<redacted:credential:e075c939d4acb1f3> again "
        "password=<redacted:credential:e075c939d4acb1f3> other "
        "password=<redacted:credential:f65081276dbea317>");
  CHECK(run_stage("- redact: {" + only + ", action: hash, salt: salt}", line) != hashed);
  CHECK(run_stage("- redact: {" + only + ", salt: pepper, replacement: '[$hash]'}", "secret=hunter2") ==
        "secret=[e075c939d4acb1f3]");

  PipelineRunner dropping("- redact: {" + only + ", action: drop}");
  dropping.push(line);
  dropping.push("user=bob");
  CHECK(dropping.entries().size() == 1);
  CHECK(dropping.dropped() == std::map<std::string, int>{{"redact", 1}});
  CHECK(dropping.metrics().count("lokitail_redacted_total pattern=credential") == 3);
  PipelineRunner reason("- redact: {action: drop, drop_counter_reason: pii}");
  reason.push("password=x1");
  CHECK(reason.dropped() == std::map<std::string, int>{{"pii", 1}});
}

TEST_CASE("redact counts by pattern", "[stage][redact]") {
  PipelineRunner runner("- redact:");
  runner.push("mail bob@example.org and eve@example.org, password=x1");
  runner.push("nothing");
  runner.push("password=x2");
  const auto count = [&](const std::string& pattern) {
    return runner.metrics().count("lokitail_redacted_total pattern=" + pattern);
  };
  CHECK(count("email") == 2);
  CHECK(count("credential") == 2);
  CHECK(count("jwt") == 0);
}

TEST_CASE("redact merges what overlaps", "[stage][redact]") {
  const std::string jwt = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0." + letters_digits(43);
  const struct {
    std::string line;
    std::string want;
  } rows[] = {
      // Of two that begin at one place the special one gives the name.
      {"Authorization: Bearer " + jwt, "Authorization: Bearer <redacted:jwt>"},
      {"access_token=" + jwt + "&x=1", "access_token=<redacted:jwt>&x=1"},
      {"password=bob@example.org!", "password=<redacted:credential>"},
      {"postgres://bob:secret=abc@example.com/", "postgres://bob:<redacted:url_password>"},
      {"a@example.com,b@example.com", "<redacted:email>,<redacted:email>"},
  };
  for (const auto& row : rows) CHECK(run_stage("- redact:", row.line) == row.want);
  CHECK(run_stage("- redact: {custom: [{name: a, expression: 'bcd'}, {name: b, expression: 'abcd?'}, "
                  "{name: c, expression: 'de'}]}",
                  "xabcdexabx") == "x<redacted:b>xabx");
}

TEST_CASE("redact takes patterns of the user's", "[stage][redact]") {
  const struct {
    std::string what;
    std::string custom;
    std::string line;
    std::string want;
  } rows[] = {
      {"whole match", "{name: ticket, expression: 'TCK-\\d+'}", "see TCK-12 and TCK-3",
       "see <redacted:ticket> and <redacted:ticket>"},
      {"first group", "{name: pin, expression: 'pin=(\\d+)'}", "pin=1234 pin=x pin=5",
       "pin=<redacted:pin> pin=x pin=<redacted:pin>"},
      {"a group that took no part", "{name: a, expression: 'user(?:=(\\w+))?'}", "user=bob user",
       "user=<redacted:a> <redacted:a>"},
      {"any case", "{name: a, expression: '(?i)staff-no'}", "Staff-No sTAFF-nO", "<redacted:a> <redacted:a>"},
      {"nothing literal in it", "{name: a, expression: '[0-9]{4}'}", "a 1234 b 56789",
       "a <redacted:a> b <redacted:a>9"},
      {"one short literal", "{name: a, expression: 'q\\d'}", "q1 q q2", "<redacted:a> q <redacted:a>"},
      {"alternatives", "{name: a, expression: 'alpha|beta|[0-9]z'}", "alpha 7z beta",
       "<redacted:a> <redacted:a> <redacted:a>"},
      {"not ASCII", "{name: a, expression: '(?i)müller'}", "Herr MÜLLER", "Herr <redacted:a>"},
      {"bytes that are no UTF-8", "{name: a, expression: 'x(.)y'}", "x\xFFy", "x<redacted:a>y"},
      {"empty matches", "{name: a, expression: 'z*'}", "azzb", "a<redacted:a>b"},
      {"at the end of the text", "{name: a, expression: 'end$'}", "the end", "the <redacted:a>"},
      {"named group", "{name: a, expression: 'id=(?P<id>\\d+)'}", "id=7", "id=<redacted:a>"},
  };
  for (const auto& row : rows) {
    INFO(row.what);
    CHECK(run_stage("- redact: {patterns: [], custom: [" + row.custom + "]}", row.line) == row.want);
  }
}

TEST_CASE("redact works on values and labels", "[stage][redact]") {
  const std::string parse = "- regex: {expression: 'a=(?P<a>\\S+) b=(?P<b>\\S+)'}\n";
  PipelineRunner runner(parse + "- redact: {source: [a, missing], labels: [who, none]}",
                        {{"who", "bob@example.org"}, {"job", "eve@example.org"}});
  runner.push("a=x@example.org b=y@example.org");
  REQUIRE(runner.entries().size() == 1);
  const Collected& entry = runner.entries()[0];
  CHECK(entry.line == "a=x@example.org b=y@example.org");
  CHECK(entry.extracted.at("a") == "<redacted:email>");
  CHECK(entry.extracted.at("b") == "y@example.org");
  CHECK(entry.labels == TextMap{{"who", "<redacted:email>"}, {"job", "eve@example.org"}});

  PipelineRunner numbers("- json: {expressions: {card: card}}\n- redact: {source: card}");
  numbers.push(R"({"card": 4111111111111111})");
  CHECK(numbers.entries().at(0).extracted.at("card") == "<redacted:credit_card>");
}

TEST_CASE("redact chooses patterns", "[stage][redact]") {
  const std::string line = "bob@example.org 10.0.0.1 password=x1";
  const std::string no_mail = "bob@example.org 10.0.0.1 password=<redacted:credential>";
  CHECK(run_stage("- redact: {patterns: default}", line) ==
        "<redacted:email> 10.0.0.1 password=<redacted:credential>");
  CHECK(run_stage("- redact: {patterns: [default, ipv4]}", line) ==
        "<redacted:email> <redacted:ipv4> password=<redacted:credential>");
  CHECK(run_stage("- redact: {patterns: all, exclude: [email]}", line) ==
        "bob@example.org <redacted:ipv4> password=<redacted:credential>");
  CHECK(run_stage("- redact: {exclude: email}", line) == no_mail);
  CHECK(run_stage("- redact: {patterns: credential}", line) == no_mail);
}

TEST_CASE("redact refuses", "[stage][redact]") {
  const struct {
    std::string body;
    std::string message;
  } rows[] = {
      {"{patterns: [emial]}", R"(no such pattern: emial (did you mean "email"?))"},
      {"{exclude: [jwtt]}", R"(no such pattern: jwtt (did you mean "jwt"?))"},
      {"{patterns: {a: b}}", "expected a list"},
      {"{patterns: []}", "there is no pattern to look for"},
      {"{pattern: all}", R"(did you mean "patterns"?)"},
      {"{custom: [{name: a}]}", "expression"},
      {"{custom: [{expression: a}]}", "name"},
      {"{custom: [{name: '', expression: a}]}", "must not be empty"},
      {"{custom: [{name: a, expression: '('}]}", "regular expression"},
      {"{custom: [{name: a, expression: x, group: 1}]}", "group"},
      {"{custom: [{name: email, expression: x}]}", "two patterns of the name email"},
      {"{custom: [{name: a, expression: x}, {name: a, expression: z}]}", "two patterns of the name a"},
      {"{action: mask}", "must be replace, hash or drop, found mask"},
      {"{action: hash}", "needs a salt"},
      {"{action: hash, salt: a, replacement: x}", "must contain $hash"},
      {"{replacement: $hash}", "$hash needs a salt"},
      {"{replacement: $nme}", "knows $name, $hash and $$ only"},
      {"{source: ''}", "must not be empty"},
      {"5", "expected a mapping"},
  };
  for (const auto& row : rows) {
    INFO(row.body);
    CHECK_THAT(build_error("- redact: " + row.body), Catch::Matchers::Contains(row.message));
  }
  CHECK(build_error("- redact: {custom: [{name: email, expression: x}], exclude: email}").empty());
}

}  // namespace
}  // namespace lokitail::pipeline::test
