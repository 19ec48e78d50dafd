//! Services of type LoadBalancer in, whether the internet gets to them out.

use crate::formats::dump::{self, lowered};
use crate::formats::kubernetes::Kubernetes;

/// Whether the internet gets to a LoadBalancer Service: `yes`, `no`, `?`, or the narrowed circle.
#[track_caller]
fn check_public(annotations: &str, spec: &str, expected: &str) {
    let yaml = format!(
        "apiVersion: v1\nkind: Service\nmetadata:\n  name: s\n  namespace: n\n  annotations: \
         {{{annotations}}}\nspec:\n  type: LoadBalancer\n  selector: {{app: db}}\n  ports: [{{port: \
         90}}]\n{spec}"
    );
    let out = lowered(&Kubernetes, &[("objects.yaml", &yaml)]).0;
    let lines: Vec<String> = out.hops.iter().map(dump::hop).collect();
    let otherwise = out.routing.forks.iter().flat_map(|f| &f.otherwise).map(dump::hop);
    let lines: Vec<String> = lines.into_iter().chain(otherwise).collect();
    let found = lines.iter().find_map(|l| l.strip_prefix("internet -> k8s:Service/n/s"));
    let verdict = match found.map(str::trim) {
        None if lines.iter().any(|l| l.starts_with("overlay")) => "overlay",
        None => "none",
        Some("") => "yes",
        Some("open=false" | "open=false(default)") => "no",
        Some("open=?") => "?",
        Some("open=true(guess)") => "likely",
        Some(other) => other,
    };
    assert_eq!(verdict, expected, "{annotations} {spec}");
}

#[test]
fn clouds_are_told_by_their_own_annotations() {
    const AWS: &str = "service.beta.kubernetes.io/aws-load-balancer";
    const AZURE: &str = "service.beta.kubernetes.io/azure-load-balancer-internal";
    const CLASS: &str = "  loadBalancerClass: service.k8s.aws/nlb";
    check_public("", "", "yes");
    check_public(&format!("{AWS}-internal: 'true'"), "", "no");
    check_public(&format!("{AWS}-internal: '0.0.0.0/0'"), "", "no");
    check_public(&format!("{AWS}-internal: 'false'"), "", "yes");
    check_public(&format!("{AWS}-scheme: internal"), "", "?");
    check_public(&format!("{AWS}-scheme: internal, {AWS}-type: nlb-ip"), "", "no");
    check_public(&format!("{AWS}-scheme: internet-facing"), CLASS, "yes");
    check_public("", CLASS, "no");
    check_public(&format!("{AWS}-type: external, {AWS}-nlb-target-type: ip"), "", "no");
    check_public(&format!("{AWS}-type: external"), "", "?");
    check_public(&format!("{AZURE}: 'true'"), "", "no");
    check_public(&format!("{AZURE}: 'True'"), "", "yes");
    check_public(&format!("{AZURE}: 'true', {AWS}-type: nlb"), "", "likely");
    check_public(&format!("{AWS}-type: nlb"), "", "likely");
    check_public(&format!("{AZURE}: 'true', {AWS}-internal: 'true'"), "", "no");
    check_public("networking.gke.io/load-balancer-type: Internal", "", "no");
    check_public("networking.gke.io/load-balancer-type: INTERNAL", "", "yes");
    check_public(
        "networking.gke.io/load-balancer-type: External, cloud.google.com/load-balancer-type: Internal",
        "",
        "yes",
    );
    check_public(
        "oci.oraclecloud.com/load-balancer-type: nlb, \
         service.beta.kubernetes.io/oci-load-balancer-internal: 'true'",
        "",
        "yes",
    );
    check_public("service.beta.kubernetes.io/oci-load-balancer-internal: 'true'", "", "no");
    check_public("load-balancer.hetzner.cloud/use-private-ip: 'true'", "", "yes");
    check_public("load-balancer.hetzner.cloud/disable-public-network: 'true'", "", "no");
    check_public("service.beta.kubernetes.io/do-loadbalancer-network: INTERNAL", "", "no");
    check_public("metallb.io/address-pool: lan", "", "?");
    check_public("metallb.io/loadBalancerIPs: 10.0.0.9", "", "no");
    check_public("", "  loadBalancerClass: tailscale", "overlay");
    check_public("", "  loadBalancerClass: acme.example/lb", "?");
}

/// What each cloud takes for an internal balancer, and what it does not.
#[test]
fn every_cloud_has_its_own_words() {
    const B: &str = "service.beta.kubernetes.io";
    let both = |key: &str, inside: &[&str], outside: &[&str]| {
        for (values, public) in [(inside, "no"), (outside, "yes")] {
            for value in values {
                check_public(&format!("{key}: '{value}'"), "", public);
            }
        }
    };
    both(&format!("{B}/aws-load-balancer-internal"), &["true", "yes", "0.0.0.0/0"], &["false", ""]);
    both(
        "networking.gke.io/load-balancer-type",
        &["Internal", "internal"],
        &["INTERNAL", "External"],
    );
    both("cloud.google.com/load-balancer-type", &["Internal", "internal"], &["INTERNAL"]);
    both(&format!("{B}/azure-load-balancer-internal"), &["true"], &["True", "false"]);
    both(&format!("{B}/azure-load-balancer-internal-subnet"), &[], &["apps"]);
    both(&format!("{B}/oci-load-balancer-internal"), &["true", "1"], &["false", "no"]);
    both(
        "oci.oraclecloud.com/load-balancer-type: nlb, oci-network-load-balancer.oraclecloud.com/internal",
        &["true"],
        &["false"],
    );
    // Without the type it is no network balancer, and reads the other key.
    both("oci-network-load-balancer.oraclecloud.com/internal", &[], &["true"]);
    both(&format!("{B}/do-loadbalancer-network"), &["INTERNAL"], &["EXTERNAL", "internal"]);
    both("load-balancer.hetzner.cloud/disable-public-network", &["true"], &["false"]);
    both("load-balancer.hetzner.cloud/use-private-ip", &[], &["true"]);
    both("load-balancer.hetzner.cloud/disable-private-ingress", &[], &["true"]);
    both(&format!("{B}/alibaba-cloud-loadbalancer-address-type"), &["intranet"], &["internet"]);
    both(&format!("{B}/openstack-internal-load-balancer"), &["true"], &["false"]);
    both(
        "service.kubernetes.io/ibm-load-balancer-cloud-provider-ip-type",
        &["private"],
        &["public"],
    );
    both("service.kubernetes.io/qcloud-loadbalancer-internal-subnetid", &["subnet-1"], &[""]);
    both(&format!("{B}/cce-load-balancer-internal-vpc"), &["true"], &["false"]);
    both("yandex.cloud/load-balancer-type", &["internal"], &["external"]);
    both(&format!("{B}/yandex-load-balancer-type"), &[], &["internal"]);
    both(&format!("{B}/scw-loadbalancer-private"), &["true"], &["false"]);
    // Attached to a private network, of which nobody says that the public address goes.
    for key in ["subnet-id", "vpc-name", "subnet-name"] {
        check_public(&format!("{B}/linode-loadbalancer-frontend-{key}: x"), "", "?");
    }
    both(&format!("{B}/vultr-loadbalancer-vpc"), &[], &["true"]);
    check_public("tailscale.com/expose: 'true'", "  loadBalancerClass: tailscale", "overlay");
}

#[test]
fn a_class_names_the_implementation() {
    let class = |name: &str| format!("  loadBalancerClass: {name}");
    let scheme = |s: &str| format!("service.beta.kubernetes.io/aws-load-balancer-scheme: {s}");
    let internal = "networking.gke.io/load-balancer-type: Internal";
    for aws in ["service.k8s.aws/nlb", "eks.amazonaws.com/nlb"] {
        check_public("", &class(aws), "no");
        check_public(&scheme("internal"), &class(aws), "no");
        check_public(&scheme("internet-facing"), &class(aws), "yes");
        check_public(&scheme("public"), &class(aws), "?");
    }
    // The older key is a boolean here, which the scheme beats.
    let old = |v: &str| format!("service.beta.kubernetes.io/aws-load-balancer-internal: '{v}'");
    check_public(&old("false"), &class("service.k8s.aws/nlb"), "yes");
    check_public(&old("0.0.0.0/0"), &class("service.k8s.aws/nlb"), "?");
    let both = format!("{}, {}", old("true"), scheme("internet-facing"));
    check_public(&both, &class("service.k8s.aws/nlb"), "yes");
    check_public("", &class("networking.gke.io/l4-regional-internal-legacy"), "no");
    check_public("", &class("networking.gke.io/l4-regional-internal"), "no");
    check_public(internal, &class("networking.gke.io/l4-regional-external-legacy"), "yes");
    check_public(internal, &class("networking.gke.io/l4-regional-external"), "yes");
    check_public("", &class("ngrok"), "yes");
    check_public("k8s.ngrok.com/bindings: internal", &class("ngrok"), "no");
    check_public("ngrok.com/bindings: kubernetes", &class("ngrok"), "no");
    check_public("", &class("io.cilium/bgp-control-plane"), "?");
}

#[test]
fn addresses_tell_where_a_balancer_is_without_a_cloud() {
    let keys = [
        "metallb.io/loadBalancerIPs",
        "metallb.universe.tf/loadBalancerIPs",
        "kube-vip.io/loadbalancerIPs",
        "lbipam.cilium.io/ips",
        "io.cilium/lb-ipam-ips",
    ];
    for key in keys {
        check_public(&format!("{key}: '10.0.0.9,192.168.1.1'"), "", "no");
        check_public(&format!("{key}: '10.0.0.9,203.0.113.7'"), "", "yes");
        check_public(&format!("{key}: '${{IP}}'"), "", "?");
    }
    check_public("metallb.universe.tf/address-pool: lan", "", "?");
    // A field that some providers ignore.
    check_public("", "  loadBalancerIP: 10.0.0.9", "?");
    check_public("", "  loadBalancerIP: 203.0.113.7", "yes");
}

#[test]
fn source_ranges_narrow_a_balancer_that_reads_them() {
    let ranges = |list: &str| format!("  loadBalancerSourceRanges: [{list}]");
    check_public("", &ranges("203.0.113.0/24"), "only=internet-restricted");
    check_public("", &ranges("0.0.0.0/1, 128.0.0.0/1"), "only=internet");
    check_public("", &ranges("10.0.0.0/8"), "only=private-network");
    check_public("", &ranges("'${OFFICE}'"), "only=?");
    check_public("load-balancer.hetzner.cloud/name: x", &ranges("10.0.0.0/8"), "yes");
}
