#!/usr/bin/env bash
# Prints lokitail.yaml, the manifests for those who do without Helm: those of the chart, in the namespace logging.
# Needs helm. After a change of the chart: packaging/kubernetes/render.sh >packaging/kubernetes/lokitail.yaml
set -euo pipefail

cat <<'END'
# lokitail on each node of a cluster: kubectl apply -f lokitail.yaml. Put in your image, and where Loki is.
# Made of the chart beside this file by render.sh.
---
# Folders of the node are not for restricted or baseline pods, so the namespace has to allow them.
apiVersion: v1
kind: Namespace
metadata:
  name: logging
  labels:
    pod-security.kubernetes.io/enforce: privileged
    pod-security.kubernetes.io/audit: restricted
    pod-security.kubernetes.io/warn: restricted
END
"${HELM:-helm}" template lokitail "$(dirname "$0")/lokitail" --namespace logging | sed '/^# Source: /d'
