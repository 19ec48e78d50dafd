//! The annotations by which each cloud is told to keep a load balancer inside.

use super::super::object::{Object, is_placeholder};
use super::{Side, Verdict, annotated};
use crate::model::fact::Why;
use crate::tree::node::Entry;

/// What a value says: inside, outside, or nothing certain.
#[derive(Clone, Copy, PartialEq)]
enum Says {
    Private,
    Public,
    Unclear,
}

/// An annotation, the provider that reads it, and what it takes its values for.
struct Marker {
    provider: &'static str,
    key: &'static str,
    says: fn(&str) -> Says,
}

fn boolean(value: &str) -> Says {
    // Go's `strconv.ParseBool`, which these controllers use.
    match value {
        "1" | "t" | "T" | "true" | "TRUE" | "True" => Says::Private,
        _ => Says::Public,
    }
}

fn only(inside: bool) -> Says {
    if inside { Says::Private } else { Says::Public }
}

const MARKERS: [Marker; 19] = [
    // cloud-provider-aws: any value but "false"; it does not know the scheme, which only the
    // Load Balancer Controller reads.
    Marker { provider: "aws", key: AWS_INTERNAL, says: |v| only(v != "false") },
    Marker { provider: "aws", key: AWS_SCHEME, says: aws_scheme },
    // cloud-provider-gcp: exactly these two spellings; the newer key hides the older.
    Marker { provider: "gcp", key: GKE_NEW, says: gke },
    Marker { provider: "gcp", key: GKE_OLD, says: gke },
    // cloud-provider-azure compares with "true" as it is spelled.
    Marker { provider: "azure", key: AZURE_INTERNAL, says: |v| only(v == "true") },
    Marker { provider: "oci", key: OCI_INTERNAL, says: boolean },
    Marker { provider: "oci", key: OCI_NLB_INTERNAL, says: boolean },
    Marker {
        provider: "digitalocean",
        key: "service.beta.kubernetes.io/do-loadbalancer-network",
        says: |v| only(v == "INTERNAL"),
    },
    Marker {
        provider: "hetzner",
        key: "load-balancer.hetzner.cloud/disable-public-network",
        says: boolean,
    },
    Marker {
        provider: "alibaba",
        key: "service.beta.kubernetes.io/alibaba-cloud-loadbalancer-address-type",
        says: |v| only(v == "intranet"),
    },
    Marker {
        provider: "openstack",
        key: "service.beta.kubernetes.io/openstack-internal-load-balancer",
        says: boolean,
    },
    Marker {
        provider: "ibm",
        key: "service.kubernetes.io/ibm-load-balancer-cloud-provider-ip-type",
        says: |v| only(v == "private"),
    },
    Marker {
        provider: "tencent",
        key: "service.kubernetes.io/qcloud-loadbalancer-internal-subnetid",
        says: |v| only(!v.is_empty()),
    },
    Marker {
        provider: "baidu",
        key: "service.beta.kubernetes.io/cce-load-balancer-internal-vpc",
        says: |v| only(v == "true"),
    },
    Marker {
        provider: "yandex",
        key: "yandex.cloud/load-balancer-type",
        says: |v| only(v == "internal"),
    },
    Marker {
        provider: "scaleway",
        key: "service.beta.kubernetes.io/scw-loadbalancer-private",
        says: boolean,
    },
    // Puts the front into a VPC; whether the public address goes is not documented.
    Marker {
        provider: "linode",
        key: "service.beta.kubernetes.io/linode-loadbalancer-frontend-subnet-id",
        says: |_| Says::Unclear,
    },
    Marker {
        provider: "linode",
        key: "service.beta.kubernetes.io/linode-loadbalancer-frontend-vpc-name",
        says: |_| Says::Unclear,
    },
    Marker {
        provider: "linode",
        key: "service.beta.kubernetes.io/linode-loadbalancer-frontend-subnet-name",
        says: |_| Says::Unclear,
    },
];

const AWS_INTERNAL: &str = "service.beta.kubernetes.io/aws-load-balancer-internal";
const AWS_SCHEME: &str = "service.beta.kubernetes.io/aws-load-balancer-scheme";
const GKE_NEW: &str = "networking.gke.io/load-balancer-type";
const GKE_OLD: &str = "cloud.google.com/load-balancer-type";
const AZURE_INTERNAL: &str = "service.beta.kubernetes.io/azure-load-balancer-internal";
const OCI_INTERNAL: &str = "service.beta.kubernetes.io/oci-load-balancer-internal";
const OCI_NLB_INTERNAL: &str = "oci-network-load-balancer.oraclecloud.com/internal";
const OCI_TYPE: &str = "oci.oraclecloud.com/load-balancer-type";

fn aws_scheme(value: &str) -> Says {
    if value == "internet-facing" { Says::Public } else { Says::Unclear }
}

fn gke(value: &str) -> Says {
    only(matches!(value, "Internal" | "internal"))
}

/// Keys that show which provider a Service is written for.
const PREFIXES: [(&str, &str); 19] = [
    ("service.beta.kubernetes.io/aws-", "aws"),
    ("networking.gke.io/", "gcp"),
    ("cloud.google.com/", "gcp"),
    ("service.beta.kubernetes.io/azure-", "azure"),
    ("oci.oraclecloud.com/", "oci"),
    ("oci-network-load-balancer.oraclecloud.com/", "oci"),
    ("service.beta.kubernetes.io/oci-", "oci"),
    ("service.beta.kubernetes.io/do-loadbalancer-", "digitalocean"),
    ("kubernetes.digitalocean.com/", "digitalocean"),
    ("load-balancer.hetzner.cloud/", "hetzner"),
    ("service.beta.kubernetes.io/alibaba-cloud-", "alibaba"),
    ("service.beta.kubernetes.io/openstack-", "openstack"),
    ("loadbalancer.openstack.org/", "openstack"),
    ("service.kubernetes.io/ibm-", "ibm"),
    ("service.kubernetes.io/qcloud-", "tencent"),
    ("service.beta.kubernetes.io/cce-", "baidu"),
    ("yandex.cloud/", "yandex"),
    ("service.beta.kubernetes.io/scw-", "scaleway"),
    ("service.beta.kubernetes.io/linode-", "linode"),
];

/// Whether anything but the markers themselves shows that a Service is for a provider.
pub(super) fn shows(object: &Object, provider: &str) -> bool {
    shown(object).any(|p| p == provider)
}

fn shown<'a>(object: &Object<'a>) -> impl Iterator<Item = &'static str> + use<'a> {
    let others = object.annotations().iter().filter(|e| MARKERS.iter().all(|m| m.key != &*e.key));
    others.filter_map(|entry| {
        let found = PREFIXES.iter().find(|(prefix, _)| entry.key.starts_with(prefix));
        found.map(|(_, provider)| *provider)
    })
}

/// What the markers say together. One for another provider than the one that the rest of the
/// annotations shows has no effect; several side by side are how charts serve all clouds.
pub(super) fn decide(object: &Object) -> Option<Verdict> {
    let providers: Vec<&str> = shown(object).collect();
    let read: Vec<(Says, &Entry)> = MARKERS
        .iter()
        .filter(|m| providers.is_empty() || providers.contains(&m.provider))
        .filter(|m| is_read(m.key, object))
        .filter_map(|m| {
            let entry = object.annotation(m.key)?;
            let value = entry.value.str().filter(|v| !v.is_empty())?;
            let says = if is_placeholder(value) { Says::Unclear } else { (m.says)(value) };
            Some((says, entry))
        })
        .collect();
    let first = |wanted| read.iter().find(|(says, _)| *says == wanted).map(|(_, entry)| *entry);
    let (private, public) = (first(Says::Private), first(Says::Public));
    let verdict = match (private, public, first(Says::Unclear)) {
        (Some(entry), None, _) => annotated(Side::Private, entry),
        (Some(entry), Some(_), _) => {
            let why = Why::NotHere("the cloud that the Service is made in".into());
            annotated(Side::Undecided(why), entry)
        }
        (None, _, Some(entry)) => {
            let why = match entry.value.str() {
                Some(value) if is_placeholder(value) => Why::Template,
                _ => Why::NotHere("the controller that reads this annotation".into()),
            };
            annotated(Side::Undecided(why), entry)
        }
        (None, Some(entry), None) => annotated(Side::Public, entry),
        (None, None, None) => return None,
    };
    Some(verdict)
}

/// Keys that another annotation switches off.
fn is_read(key: &str, object: &Object) -> bool {
    let network = || object.annotation_text(OCI_TYPE) == Some("nlb");
    match key {
        OCI_INTERNAL => !network(),
        OCI_NLB_INTERNAL => network(),
        GKE_OLD => object.annotation(GKE_NEW).is_none(),
        _ => true,
    }
}
