// kubernetes_sd_configs: targets that a Kubernetes cluster has, as Prometheus finds them, and the folders of
// pods' logs beside it.
//
// As in Promtail, `role: pod` asks for the pods of this node alone.
//
// Threads: the control thread. Ownership: everything given by reference outlives it.
// Errors:  told in the log, and tried again; what was found stays.
// Source:  Prometheus' discovery/kubernetes; Promtail's file target manager.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include "agent/discovery/discovery.h"
#include "agent/discovery/kubernetes/namespace_metadata.h"
#include "agent/discovery/kubernetes/other_roles.h"
#include "agent/discovery/kubernetes/pod_role.h"
#include "agent/source/file/inotify.h"

namespace lokitail::agent {

class KubernetesSd final : public Discovery {
 public:
  KubernetesSd(boost::asio::io_context& control, Inotify& inotify, const config::KubernetesSdConfig& config,
               Found found, kubernetes::IsUsed is_used);
  ~KubernetesSd() override;

  void start() override;
  void stop() override;

 private:
  using Role = config::KubernetesSdConfig::Role;

  void connect();
  void reflect(const kubernetes::Cluster& cluster);
  void reflect(const kubernetes::Cluster& cluster, Role role, kubernetes::ObjectListener& told);
  void reflect_namespaces(const kubernetes::Cluster& cluster);
  kubernetes::ReflectorConfig selection(Role role) const;

  boost::asio::io_context& control_;
  const config::KubernetesSdConfig& config_;
  const std::string host_;
  boost::asio::steady_timer timer_;
  bool is_running_ = false;
  std::string reported_;
  std::vector<std::string> namespaces_;                                // none: all
  std::unique_ptr<kubernetes::NamespaceMetadata> namespace_metadata_;  // where it is wanted
  std::unique_ptr<kubernetes::PodRole> pods_;                          // one of these three
  std::unique_ptr<kubernetes::EndpointsRole> endpoints_;
  std::unique_ptr<kubernetes::PlainRole> plain_;
  std::vector<std::shared_ptr<kubernetes::Reflector>> reflectors_;
};

}  // namespace lokitail::agent
