#include "pipeline/redact/built_in.h"

#include <algorithm>
#include <array>

namespace lokitail::pipeline::redact {
namespace {

// A JWT's parts are one word.
bool may_begin_jwt(std::string_view text, std::size_t anchor) {
  const char before = before_or_nul(text, anchor);
  return begins_word(text, anchor) && before != '-' && before != '.';
}

// Prose has none: "bearer authentication-scheme".
bool has_digit(std::string_view secret) { return std::ranges::any_of(secret, is_digit); }

constexpr LetterCase kAnyCase = LetterCase::kAny;

constexpr std::array kBuiltIns = {
    // ---- Keys and tokens of services ----
    BuiltIn{.name = "aws_access_key_id",
            .anchors = "AKIA[A-Z0-9]{4}|ASIA[A-Z0-9]{4}|ABIA[A-Z0-9]{4}|ACCA[A-Z0-9]{4}|AGPA[A-Z0-9]{4}|"
                       "AIDA[A-Z0-9]{4}|AROA[A-Z0-9]{4}|AIPA[A-Z0-9]{4}|ANPA[A-Z0-9]{4}|ANVA[A-Z0-9]{4}|"
                       "A3T[A-Z0-9]{5}",
            .expression = R"(A(?:3T[A-Z0-9]|KIA|SIA|BIA|CCA|GPA|IDA|ROA|IPA|NPA|NVA)[A-Z0-9]{16}\b)"},
    BuiltIn{.name = "aws_secret_access_key",
            .anchors = "secret[_-][ak]|secretac|secretke",
            .letter_case = kAnyCase,
            .finder = find_aws_secret_access_key},
    BuiltIn{.name = "google_api_key",
            .anchors = "AIza[0-9A-Za-z_-]{4}",
            .expression = R"((AIza[0-9A-Za-z_-]{35})(?:[^0-9A-Za-z_-]|\z))"},
    BuiltIn{.name = "google_oauth_token",
            .anchors = R"(ya29\.[0-9A-Za-z_-]{3}|GOCSPX-[0-9A-Za-z_-]|1//0[0-9A-Za-z_-]{4})",
            .expression = R"(ya29\.[0-9A-Za-z_-]{20}[0-9A-Za-z_-]*|GOCSPX-[0-9A-Za-z_-]{28})"
                          R"(|1//0[0-9A-Za-z_-]{40}[0-9A-Za-z_-]*)"},
    BuiltIn{
        .name = "github_token",
        .anchors = "gh[pousr]_[0-9A-Za-z]{4}|github_p",
        .expression = R"(gh[pousr]_[0-9A-Za-z]{36}[0-9A-Za-z]*|github_pat_[0-9A-Za-z_]{36}[0-9A-Za-z_]*)"},
    BuiltIn{.name = "gitlab_token",
            .anchors = "glpat-[0-9A-Za-z_-]{2}|glptt-[0-9A-Za-z_-]{2}|gldt-[0-9A-Za-z_-]{3}|"
                       "glrt-[0-9A-Za-z_-]{3}|glcbt-[0-9A-Za-z_-]{2}|glsoat-[0-9A-Za-z_-]|"
                       "glft-[0-9A-Za-z_-]{3}|glimt-[0-9A-Za-z_-]{2}|glagent-|gloas-[0-9A-Za-z_-]{2}|"
                       "GR134894",
            .expression = R"(gl(?:pat|ptt|dt|rt|cbt|soat|ft|imt|agent|oas)-[0-9A-Za-z_=-]{20}[0-9A-Za-z_=-]*)"
                          R"((?:\.[0-9A-Za-z_=-]+)*|GR1348941[0-9A-Za-z_-]{20})"},
    BuiltIn{.name = "slack_token",
            .anchors = "xox[abeoprs]-[0-9A-Za-z]{3}|xapp-[0-9]-",
            .expression =
                R"(xox[abeoprs]-[0-9A-Za-z-]{10}[0-9A-Za-z-]*|xapp-[0-9]-[0-9A-Za-z-]{20}[0-9A-Za-z-]*)"},
    BuiltIn{.name = "slack_webhook",
            .anchors = R"(hooks\.sl)",
            .expression =
                R"(hooks\.slack\.com/(?:services|workflows|triggers)/([0-9A-Za-z_/-]{20}[0-9A-Za-z_/-]*))"},
    BuiltIn{.name = "stripe_key",
            .anchors = "[rs]k_live_|[rs]k_test_|whsec_[0-9A-Za-z+/]{2}",
            .expression =
                R"([rs]k_(?:live|test)_[0-9A-Za-z]{10}[0-9A-Za-z]*|whsec_[0-9A-Za-z+/]{24}[0-9A-Za-z+/]*=*)"},
    BuiltIn{.name = "twilio_key", .anchors = "SK[0-9a-f]{6}", .expression = R"(SK[0-9a-f]{32}\b)"},
    BuiltIn{.name = "sendgrid_key",
            .anchors = R"(SG\.[0-9A-Za-z_-]{5})",
            .expression = R"(SG\.[0-9A-Za-z_-]{22}\.[0-9A-Za-z_-]{43})"},
    BuiltIn{.name = "npm_token", .anchors = "npm_[0-9A-Za-z]{4}", .expression = R"(npm_[0-9A-Za-z]{36}\b)"},
    BuiltIn{.name = "pypi_token",
            .anchors = "pypi-AgE",
            .expression = R"(pypi-AgE[0-9A-Za-z_-]{50}[0-9A-Za-z_-]*)"},
    BuiltIn{.name = "openai_key",
            .anchors = "sk-proj-|sk-svcac|sk-admin|sk-[0-9A-Za-z]{5}",
            .expression = R"(sk-(?:proj|svcacct|admin)-[0-9A-Za-z_-]{20}[0-9A-Za-z_-]*)"
                          R"(|sk-[0-9A-Za-z]{20}T3BlbkFJ[0-9A-Za-z]{20})"},
    BuiltIn{.name = "anthropic_key",
            .anchors = "sk-ant-[as]",
            .expression = R"(sk-ant-(?:api|admin|sid)[0-9]{2}-[0-9A-Za-z_-]{40}[0-9A-Za-z_-]*)"},
    BuiltIn{.name = "huggingface_token", .anchors = "hf_[A-Za-z]{5}", .expression = R"(hf_[A-Za-z]{34}\b)"},
    BuiltIn{
        .name = "grafana_token",
        .anchors = "glsa_[0-9A-Za-z]{3}|glc_eyJ",
        .expression = R"(glsa_[0-9A-Za-z]{32}_[0-9A-Fa-f]{8}\b|glc_eyJ[0-9A-Za-z+/]{30}[0-9A-Za-z+/]*=*)"},
    BuiltIn{.name = "vault_token",
            .anchors = R"(hv[bsr]\.[0-9A-Za-z_-]{4})",
            .expression = R"(hv[bsr]\.[0-9A-Za-z_-]{24}[0-9A-Za-z_-]*)"},
    BuiltIn{.name = "dockerhub_token",
            .anchors = "dckr_pat|dckr_oat",
            .expression = R"(dckr_[op]at_[0-9A-Za-z_-]{20}[0-9A-Za-z_-]*)"},
    BuiltIn{.name = "digitalocean_token",
            .anchors = "do[opr]_v1_[0-9a-f]",
            .expression = R"(do[opr]_v1_[0-9a-f]{64}\b)"},
    BuiltIn{.name = "azure_storage_key",
            .anchors = "accountk|sharedac",
            .letter_case = kAnyCase,
            .expression = R"((?i:account|sharedaccess)(?i:key)["'\\]*\s?[=:]\s?["'\\]*)"
                          R"(([0-9A-Za-z+/]{86}==|[0-9A-Za-z+/]{43}=))"},
    BuiltIn{.name = "azure_sas_signature",
            .anchors = "sig=[0-9A-Za-z%+/]{4}",
            .expression = R"(sig=([0-9A-Za-z%+/]{43}[0-9A-Za-z%+/]*(?:%3[Dd]|=)))"},
    BuiltIn{.name = "jwt",
            .anchors = "eyJ[0-9A-Za-z_-]{5}",
            .expression = R"(eyJ[0-9A-Za-z_-]{8}[0-9A-Za-z_-]*\.[0-9A-Za-z_-]{4}[0-9A-Za-z_-]*\.)"
                          R"([0-9A-Za-z_-]*(?:\.[0-9A-Za-z_-]+\.[0-9A-Za-z_-]+)?)",
            .may_begin = may_begin_jwt},
    BuiltIn{.name = "private_key", .anchors = "-----BEG", .finder = find_private_key},
    // ---- Where a secret is said to be ----
    BuiltIn{.name = "bearer_token",
            .anchors = "bearer[ \t%+]",
            .letter_case = kAnyCase,
            .expression = R"((?i:bearer)(?:[ \t]+|%20|\+)([0-9A-Za-z._~+/-]{16}[0-9A-Za-z._~+/-]*=*))",
            .accepts = has_digit},
    BuiltIn{
        .name = "basic_auth", .anchors = "basic[ \t%+]", .letter_case = kAnyCase, .finder = find_basic_auth},
    BuiltIn{.name = "authorization",
            .anchors = "authoriz",
            .letter_case = kAnyCase,
            .expression = R"((?i:authorization)["'\\\]]*\s{0,4}[:=]\s{0,4}["'\\\[]*)"
                          R"((?:(?i:token|api-?key|key|negotiate|splunk|oauth)\s{1,4})?)"
                          R"(([0-9A-Za-z._~+/:-]{16}[0-9A-Za-z._~+/:-]*=*))",
            .accepts = has_digit},
    BuiltIn{.name = "url_password", .anchors = "://", .finder = find_url_password},
    BuiltIn{.name = "credential",
            .anchors = "password|passwd|passphra|pwd[ =:>%\"'\\\\\\]]|secret|token|api[_-]key|apikey|"
                       "api[_-]toke|apitoken|access[_-]k|accesske|access[_-]t|accessto|auth[_-]tok|"
                       "authtoke|auth[_-]key|authkey|refresh[_-]|refresht|id[_-]token|idtoken|"
                       "session[_-]|sessiont|security|bearer[_-]t|bearerto|csrf[_-]to|csrftoke|"
                       "xsrf[_-]to|xsrftoke|jwt[_-]toke|jwttoken|private[_-]|privatek|encrypti|"
                       "signing[_-]|signingk|account[_-]|accountk|credenti",
            .letter_case = kAnyCase,
            .finder = find_credential},
    // ---- What is personal ----
    BuiltIn{.name = "credit_card", .anchors = "[2-6][0-9]{3}[0-9 -][0-9]{3}", .finder = find_credit_card},
    BuiltIn{.name = "iban", .anchors = "[A-Z]{2}[0-9]{2}[0-9A-Z ][0-9A-Z]{3}", .finder = find_iban},
    BuiltIn{.name = "email", .anchors = "[0-9A-Za-z_.+%-]@[0-9A-Za-z]", .finder = find_email},
    BuiltIn{.name = "ipv4", .by_default = false, .anchors = R"([0-9]\.[0-9])", .finder = find_ipv4},
    BuiltIn{.name = "ipv6",
            .by_default = false,
            .anchors = "[0-9A-Fa-f]:[0-9A-Fa-f:]|::[0-9A-Fa-f]",
            .finder = find_ipv6},
    BuiltIn{.name = "us_ssn",
            .by_default = false,
            .anchors = "[0-8][0-9]{2}-[0-9]{2}-[0-9]",
            .finder = find_us_ssn},
};

}  // namespace

std::span<const BuiltIn> built_ins() { return kBuiltIns; }

}  // namespace lokitail::pipeline::redact
