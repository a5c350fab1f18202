// Sprig's functions that make keys, certificates and password hashes. No log line needs them: they
// are known, so that a template which names them compiles, and fail when they are called.
#include "pipeline/lang/go_template/function.h"

namespace lokitail::pipeline::lang::go_template {
namespace {

Value refuse(const Call& call) {
  return call.context.fail(
      "functions for keys, certificates and password hashes are not supported");
}

constexpr Function kFunctions[] = {
    {"bcrypt", "any...", refuse},
    {"htpasswd", "any...", refuse},
    {"genPrivateKey", "any...", refuse},
    {"derivePassword", "any...", refuse},
    {"buildCustomCert", "any...", refuse},
    {"genCA", "any...", refuse},
    {"genCAWithKey", "any...", refuse},
    {"genSelfSignedCert", "any...", refuse},
    {"genSelfSignedCertWithKey", "any...", refuse},
    {"genSignedCert", "any...", refuse},
    {"genSignedCertWithKey", "any...", refuse},
    {"encryptAES", "any...", refuse},
    {"decryptAES", "any...", refuse},
};

}  // namespace

std::span<const Function> certificate_functions() { return kFunctions; }

}  // namespace lokitail::pipeline::lang::go_template
