//! What leads to the pods of a card and what keeps others away: Services, Ingresses, policies.

use super::{Objects, Rendering};
use crate::catalog::chart::{IngressCard, PolicyCard, ServiceCard};
use crate::formats::helm::build::{self, Maker};
use crate::formats::helm::scope::truthy;
use crate::model::fact::{Fact, Why};
use crate::source::Place;
use crate::tree::node::{Kind, Node};

impl Rendering<'_> {
    pub(super) fn service(&self, card: &ServiceCard, out: &mut Objects) {
        let Some(exists) = self.values.existence(card.on.as_ref(), &self.release.exists) else {
            return;
        };
        // A Service that is switched on stands where somebody did that.
        let switched = card.on.as_ref().map(|on| on.eval(&self.values).place());
        let make = Maker(switched.unwrap_or(self.make.0));
        let at = self.values.node(&card.at);
        let field = |key: &str| at.and_then(|n| n.get(key)).filter(|n| !n.is_null());
        let kind = match &card.type_at {
            Some(path) => self.values.node(path),
            None => field("type"),
        };
        let kind = kind.filter(|k| k.str() != Some(""));
        let component = self
            .card
            .workloads
            .iter()
            .find(|w| w.name == card.workload)
            .and_then(|w| w.component.as_deref());
        let mut spec = vec![
            ("type", kind.cloned().unwrap_or_else(|| make.text(card.kind.as_str()))),
            ("selector", self.labels(component)),
            ("ports", make.list(self.ports(card))),
        ];
        for key in ["loadBalancerIP", "loadBalancerClass", "clusterIP"] {
            let text = field(key).filter(|n| n.str().is_some_and(|t| !t.is_empty()));
            spec.extend(text.map(|node| (key, node.clone())));
        }
        for key in ["loadBalancerSourceRanges", "externalIPs"] {
            let list = field(key).filter(|n| truthy(n) != Some(false));
            spec.extend(list.map(|node| (key, listed(node))));
        }
        let rest = vec![("spec", make.map(spec))];
        let mut object = self.object("v1", "Service", &self.name(&card.name), rest);
        stand(&mut object, make.0);
        let annotations = match &card.annotations_at {
            Some(path) => self.values.node(path),
            None => field("annotations"),
        };
        annotate(&mut object, annotations);
        out.push((object, exists));
    }

    fn ports(&self, card: &ServiceCard) -> Vec<Node> {
        let make = self.make;
        let ports = card
            .ports
            .iter()
            .filter(|port| self.values.holds(port.on.as_ref()).known() != Some(&false));
        ports
            .map(|port| {
                let moved = port.at.as_ref().and_then(|path| self.values.node(path));
                let number = moved.filter(|n| n.int().is_some()).cloned();
                let target = port.target.unwrap_or(port.port).to_string();
                let mut entry = vec![
                    ("port", number.unwrap_or_else(|| make.plain(port.port.to_string()))),
                    ("targetPort", make.plain(target)),
                ];
                entry.extend(port.name.as_deref().map(|name| ("name", make.text(name))));
                make.map(entry)
            })
            .collect()
    }

    pub(super) fn ingress(&self, card: &IngressCard, out: &mut Objects) {
        let Some(exists) = self.values.existence(card.on.as_ref(), &self.release.exists) else {
            return;
        };
        let at = self.values.node(&card.at);
        let enabled = at.and_then(|n| n.get("enabled")).map(|n| (truthy(n), n.place));
        let exists = match enabled {
            _ if card.on.is_some() => exists,
            Some((Some(true), _)) => exists,
            Some((None, place)) => Fact::Unknown(Why::Template, place),
            _ => return,
        };
        let place = enabled.map_or(self.release.place, |(_, place)| place);
        let make = Maker(place);
        let port = make.map([("number", make.plain(card.port.to_string()))]);
        let service = make.map([("name", make.text(self.name(&card.service))), ("port", port)]);
        let backend = make.map([("service", service)]);
        let mut spec = vec![("defaultBackend", backend)];
        let class = ["ingressClassName", "className", "class", "ingressClass"]
            .into_iter()
            .filter_map(|key| at.and_then(|n| n.get(key)))
            .find(|n| n.str().is_some_and(|t| !t.is_empty()));
        spec.extend(class.map(|node| ("ingressClassName", node.clone())));
        let rest = vec![("spec", make.map(spec))];
        let name = self.name(&card.name);
        let mut object = self.object("networking.k8s.io/v1", "Ingress", &name, rest);
        annotate(&mut object, at.and_then(|n| n.get("annotations")));
        // Where somebody switched it on.
        stand(&mut object, place);
        out.push((object, exists));
    }

    /// A policy that admits everybody is none.
    pub(super) fn policy(&self, card: &PolicyCard, out: &mut Objects) {
        let Some(mut exists) = self.values.existence(Some(&card.on), &self.release.exists) else {
            return;
        };
        if card.external.is_some() {
            match self.values.holds(card.external.as_ref()) {
                Fact::Known(true, _) => return,
                Fact::Unknown(why, at) => exists = Fact::Unknown(why, at),
                _ => {}
            }
        }
        let at = self.values.node(&card.at);
        let place = at.map_or(self.release.place, |n| n.place);
        let make = Maker(place);
        let workload = self.card.workloads.iter().find(|w| w.name == card.workload);
        let component = workload.and_then(|w| w.component.as_deref());
        let client = format!("{}-client", self.full_name);
        let label = make.map([(client.as_str(), make.text("true"))]);
        let friends = make.map([("podSelector", make.map([("matchLabels", label)]))]);
        let own = make.map([("matchLabels", self.labels(None))]);
        let own = make.map([("podSelector", own)]);
        let ports = card.ports.iter().map(|p| make.map([("port", make.plain(p.to_string()))]));
        let rule = make
            .map([("from", make.list(vec![friends, own])), ("ports", make.list(ports.collect()))]);
        let mut rules = vec![rule];
        for key in ["extraIngress", "additionalRules"] {
            let extra = at.and_then(|n| n.get(key)).map_or(&[][..], Node::items);
            rules.extend(extra.iter().cloned());
        }
        let spec = make.map([
            ("podSelector", make.map([("matchLabels", self.labels(component))])),
            ("policyTypes", make.list(vec![make.text("Ingress")])),
            ("ingress", make.list(rules)),
        ]);
        let name = self.name(&card.workload);
        let rest = vec![("spec", spec)];
        out.push((self.object("networking.k8s.io/v1", "NetworkPolicy", &name, rest), exists));
    }
}

/// A list; some charts take one as a text with commas.
fn listed(node: &Node) -> Node {
    let make = Maker(node.place);
    match node.str() {
        Some(text) => make.list(text.split(',').map(|part| make.text(part.trim())).collect()),
        None => node.clone(),
    }
}

fn annotate(object: &mut Node, annotations: Option<&Node>) {
    let Some(annotations) = annotations.filter(|n| n.map().is_some()) else { return };
    if let Kind::Map(map) = &mut object.kind
        && let Some(metadata) = map.entries.iter_mut().find(|e| &*e.key == "metadata")
        && let Kind::Map(metadata) = &mut metadata.value.kind
    {
        metadata.entries.push(build::entry("annotations", annotations.clone()));
    }
}

/// Moves an object's name, whose place is the object's, to a place.
fn stand(object: &mut Node, place: Place) {
    if let Kind::Map(map) = &mut object.kind
        && let Some(metadata) = map.entries.iter_mut().find(|e| &*e.key == "metadata")
        && let Kind::Map(metadata) = &mut metadata.value.kind
        && let Some(name) = metadata.entries.iter_mut().find(|e| &*e.key == "name")
    {
        (name.key_place, name.value.place) = (place, place);
    }
}
