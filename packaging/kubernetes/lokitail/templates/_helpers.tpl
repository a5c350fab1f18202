{{- define "lokitail.name" -}}
{{- .Release.Name | trunc 63 | trimSuffix "-" -}}
{{- end }}

{{- define "lokitail.serviceAccount" -}}
{{- .Values.serviceAccount.name | default (include "lokitail.name" .) -}}
{{- end }}

{{- define "lokitail.selector" -}}
app.kubernetes.io/name: lokitail
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "lokitail.labels" -}}
{{ include "lokitail.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
{{- end }}
