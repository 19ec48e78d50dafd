//! Short forms for what every subject puts down: nodes, ways, groups in front of them.

use super::facts;
use crate::formats::terraform::value::Resource;
use crate::model::fact::{Fact, Name};
use crate::model::fragment::{
    Address, Attach, EndpointDraft, Filter, Fragment, Hop, Layer, Node, NodeKind, Ref, Rule,
    SourceSet,
};
use crate::model::net::{Addresses, Ports};
use crate::source::Place;

/// "EC2 instance `search`", with what the user calls it.
pub(super) fn title(what: &str, resource: &Resource, names: &[&str]) -> Name {
    let own = names.iter().map(|n| resource.body.text(n)).find(|f| f.known().is_some());
    let label = label(resource);
    let name = own.map_or(label.clone(), |f| facts::word(&f, &label));
    format!("{what} `{name}`").into()
}

/// The resource's own name, with the key of its instance: `worker["a"]`.
fn label(resource: &Resource) -> Name {
    let spelled = &resource.spelled;
    let start = spelled.rfind(&*resource.name).filter(|_| spelled.ends_with(']'));
    start.map_or(resource.name.clone(), |at| spelled[at..].into())
}

pub(super) fn node(resource: &Resource, kind: NodeKind) -> Node {
    Node {
        address: resource.address.clone(),
        aliases: Vec::new(),
        kind,
        place: resource.head,
        exists: resource.exists.clone(),
        pod: None,
    }
}

/// A way in on every port.
pub(super) fn way(from: Ref, to: &Address, open: Fact<bool>, place: Place, say: &str) -> Hop {
    Hop { open, ..Hop::new(from, Ref::To(to.clone()), place, say) }
}

/// The ways of something in a cloud's network: from the network always, from the internet if
/// `public`.
pub(super) fn ways(
    resource: &Resource,
    title: &Name,
    public: Fact<bool>,
    say: &str,
    out: &mut Fragment,
) {
    let address = &resource.address;
    let place = public.place();
    out.hops.push(way(Ref::Internet, address, public, place, &format!("{title} {say}")));
    out.hops.push(network_way(address, title, resource.head));
}

/// The way from the private network, which is always there.
pub(super) fn network_way(address: &Address, title: &Name, place: Place) -> Hop {
    let say = format!("{title} stands in the private network");
    way(Ref::Network, address, Fact::written(true, place), place, &say)
}

/// A filter in front of a node.
pub(super) fn attach(
    filter: Fact<Address>,
    layer: Layer,
    to: &Address,
    place: Place,
    out: &mut Fragment,
) {
    out.attaches.push(Attach { filter, layer, to: Ref::To(to.clone()), place });
}

/// An allow rule of lowest consequence: priority 0.
pub(super) fn allow(
    sources: Vec<SourceSet>,
    ports: Fact<Ports>,
    resource: &Resource,
    place: Place,
    say: String,
) -> Rule {
    Rule {
        allow: true,
        priority: 0,
        sources,
        ports,
        place,
        whole: resource.whole,
        exists: resource.exists.clone(),
        say: say.into(),
    }
}

/// A filter without rules yet.
pub(super) fn filter(resource: &Resource, layer: Layer, title: Name) -> Filter {
    Filter {
        address: resource.address.clone(),
        layer,
        title,
        place: resource.head,
        whole: resource.whole,
        exists: resource.exists.clone(),
        rules: Vec::new(),
        more: None,
        stands_alone: false,
    }
}

/// A list as a sentence shows it: at most three of its items.
pub(super) fn listed(items: &[String]) -> String {
    match items {
        [] => "nobody".to_owned(),
        [.., _] if items.len() > 3 => {
            format!("{}, {} and {} more", items[0], items[1], items.len() - 2)
        }
        [front @ .., last] if !front.is_empty() => format!("{} and {last}", front.join(", ")),
        _ => items[0].clone(),
    }
}

/// The door of an object store that a cloud runs: HTTPS from everywhere, logins on every request.
/// `see` names the source.
pub(super) fn https(see: &str, at: Place) -> EndpointDraft {
    EndpointDraft {
        port: Fact::default(443, see, at),
        udp: false,
        protocol: "http".into(),
        role: "data".into(),
        tls: Fact::default(true, see, at),
        bind: Fact::default(Addresses::all(), see, at),
        asks: Fact::default(true, see, at),
        place: at,
    }
}
