//! The client addresses that a Service's load balancer admits.

use super::super::object::Object;
use super::{markers, texts};
use crate::model::fact::{Fact, Why};
use crate::model::net::Addresses;
use crate::source::Place;

/// Restrictions that are read by the provider's controller and by nobody here.
const OTHERS: [&str; 8] = [
    "service.beta.kubernetes.io/azure-allowed-service-tags",
    "service.beta.kubernetes.io/aws-load-balancer-security-groups",
    "service.beta.kubernetes.io/do-loadbalancer-allow-rules",
    "service.beta.kubernetes.io/do-loadbalancer-deny-rules",
    "service.beta.kubernetes.io/alibaba-cloud-loadbalancer-acl-id",
    "service.beta.kubernetes.io/linode-loadbalancer-firewall-id",
    "service.beta.kubernetes.io/linode-loadbalancer-firewall-acl",
    "service.beta.kubernetes.io/vultr-loadbalancer-firewall-rules",
];

/// Comma lists that stand for the field.
const LISTS: [&str; 2] = [
    "service.beta.kubernetes.io/load-balancer-source-ranges",
    "service.beta.kubernetes.io/azure-allowed-ip-ranges",
];

/// `loadBalancerSourceRanges`, or the annotations that stand for it.
pub(super) fn only_from(object: &Object) -> Option<Fact<Addresses>> {
    if let Some(entry) = OTHERS.iter().find_map(|key| object.annotation(key)) {
        let why = Why::NotUnderstood(format!("what `{}` admits", entry.key).into());
        return Some(Fact::Unknown(why, entry.place()));
    }
    let field = object.spec_entry("loadBalancerSourceRanges");
    if let Some(field) = field.filter(|f| !f.value.is_null()) {
        let ranges: Vec<&str> = texts(Some(&field.value)).filter_map(|n| n.str()).collect();
        if ranges.is_empty() && field.value.scalar().is_none() {
            return None;
        }
        // Hetzner's controller does not read the field.
        let ignored = markers::shows(object, "hetzner");
        return (!ignored).then(|| united(&ranges, field.place()));
    }
    let entry = LISTS.iter().find_map(|key| object.annotation(key))?;
    let ranges: Vec<&str> = entry.value.str().unwrap_or("").split(',').collect();
    Some(united(&ranges, entry.place()))
}

/// The union of networks; unknown as soon as one of them is no network.
pub(in super::super) fn united(ranges: &[&str], at: Place) -> Fact<Addresses> {
    let mut all = Addresses::default();
    for range in ranges {
        match Addresses::parse(range) {
            Some(net) => all = all.union(&net),
            None => return Fact::Unknown(Why::Template, at),
        }
    }
    Fact::written(all, at)
}
