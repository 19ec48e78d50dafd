//! Sets of addresses and ports, and the arithmetic on them.

use std::net::IpAddr;
use std::sync::LazyLock;

use ipnet::IpNet;

use super::reach::Circle;

/// A set of numbers as sorted, disjoint, non-adjacent closed intervals.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub(crate) struct Intervals<T>(Vec<(T, T)>);

/// What intervals count: addresses and ports.
pub(crate) trait Number: Copy + Ord {
    const MAX: Self;
    fn next(self) -> Option<Self>;
    fn prev(self) -> Option<Self>;
}

macro_rules! number {
    ($($t:ty),*) => {$(
        impl Number for $t {
            const MAX: $t = <$t>::MAX;
            fn next(self) -> Option<$t> { self.checked_add(1) }
            fn prev(self) -> Option<$t> { self.checked_sub(1) }
        }
    )*};
}
number!(u16, u32, u128);

impl<T: Number> Intervals<T> {
    pub(crate) fn of(mut ranges: Vec<(T, T)>) -> Intervals<T> {
        ranges.retain(|(a, b)| a <= b);
        ranges.sort_unstable();
        let mut out: Vec<(T, T)> = Vec::with_capacity(ranges.len());
        for (start, end) in ranges {
            match out.last_mut() {
                Some(last) if last.1.next().is_none_or(|n| start <= n) => last.1 = last.1.max(end),
                _ => out.push((start, end)),
            }
        }
        Intervals(out)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn ranges(&self) -> &[(T, T)] {
        &self.0
    }

    pub(crate) fn contains(&self, value: T) -> bool {
        let index = self.0.partition_point(|(start, _)| *start <= value);
        index > 0 && self.0[index - 1].1 >= value
    }

    #[must_use]
    pub(crate) fn union(&self, other: &Intervals<T>) -> Intervals<T> {
        Intervals::of(self.0.iter().chain(&other.0).copied().collect())
    }

    #[must_use]
    pub(crate) fn intersection(&self, other: &Intervals<T>) -> Intervals<T> {
        let (mut i, mut j, mut out) = (0, 0, Vec::new());
        while let (Some(a), Some(b)) = (self.0.get(i), other.0.get(j)) {
            let (start, end) = (a.0.max(b.0), a.1.min(b.1));
            if start <= end {
                out.push((start, end));
            }
            if a.1 < b.1 { i += 1 } else { j += 1 }
        }
        Intervals(out)
    }

    /// What is in `self` and not in `other`.
    #[must_use]
    pub(crate) fn without(&self, other: &Intervals<T>) -> Intervals<T> {
        let mut out = Vec::new();
        for &(mut start, end) in &self.0 {
            let first = other.0.partition_point(|(_, e)| *e < start);
            let mut open = true;
            for &(a, b) in &other.0[first..] {
                if a > end {
                    break;
                }
                if let Some(before) = a.prev().filter(|p| *p >= start) {
                    out.push((start, before));
                }
                match b.next() {
                    Some(next) => start = next,
                    None => open = false,
                }
            }
            if open && start <= end {
                out.push((start, end));
            }
        }
        Intervals::of(out)
    }
}

/// TCP and UDP ports.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub(crate) struct Ports {
    pub(crate) tcp: Intervals<u16>,
    pub(crate) udp: Intervals<u16>,
}

impl Ports {
    pub(crate) fn all() -> Ports {
        let every = Intervals::of(vec![(0, u16::MAX)]);
        Ports { tcp: every.clone(), udp: every }
    }

    pub(crate) fn tcp(from: u16, to: u16) -> Ports {
        Ports { tcp: Intervals::of(vec![(from, to)]), udp: Intervals::default() }
    }

    pub(crate) fn udp(from: u16, to: u16) -> Ports {
        Ports { tcp: Intervals::default(), udp: Intervals::of(vec![(from, to)]) }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.tcp.is_empty() && self.udp.is_empty()
    }

    #[must_use]
    pub(crate) fn union(&self, other: &Ports) -> Ports {
        Ports { tcp: self.tcp.union(&other.tcp), udp: self.udp.union(&other.udp) }
    }
}

/// IPv4 and IPv6 addresses.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub(crate) struct Addresses {
    pub(crate) v4: Intervals<u32>,
    pub(crate) v6: Intervals<u128>,
}

impl Addresses {
    pub(crate) fn all() -> Addresses {
        Addresses {
            v4: Intervals::of(vec![(0, u32::MAX)]),
            v6: Intervals::of(vec![(0, u128::MAX)]),
        }
    }

    /// Every address that a router of the internet would carry.
    pub(crate) fn public() -> &'static Addresses {
        &PUBLIC
    }

    /// Addresses of private networks: RFC 1918, RFC 6598, RFC 3927, RFC 4193.
    pub(crate) fn private() -> &'static Addresses {
        &PRIVATE
    }

    pub(crate) fn loopback() -> Addresses {
        Addresses {
            v4: Intervals::of(vec![(0x7f00_0000, 0x7fff_ffff)]),
            v6: Intervals::of(vec![(1, 1)]),
        }
    }

    /// A network; host bits are ignored, as the clouds do.
    pub(crate) fn net(net: IpNet) -> Addresses {
        let mut out = Addresses::default();
        match net {
            IpNet::V4(n) => {
                out.v4 = Intervals::of(vec![(n.network().to_bits(), n.broadcast().to_bits())]);
            }
            IpNet::V6(n) => {
                out.v6 = Intervals::of(vec![(n.network().to_bits(), n.broadcast().to_bits())]);
            }
        }
        out
    }

    /// From one address to another, both included; empty where they are of different families.
    pub(crate) fn range(from: IpAddr, to: IpAddr) -> Addresses {
        let mut out = Addresses::default();
        match (from, to) {
            (IpAddr::V4(a), IpAddr::V4(b)) => {
                out.v4 = Intervals::of(vec![(a.to_bits(), b.to_bits())]);
            }
            (IpAddr::V6(a), IpAddr::V6(b)) => {
                out.v6 = Intervals::of(vec![(a.to_bits(), b.to_bits())]);
            }
            _ => {}
        }
        out
    }

    /// `10.0.0.0/8`, `2001:db8::/32`, or a single address.
    pub(crate) fn parse(text: &str) -> Option<Addresses> {
        let text = text.trim();
        if let Ok(net) = text.parse::<IpNet>() {
            return Some(Addresses::net(net));
        }
        text.parse::<IpAddr>().ok().map(|ip| Addresses::range(ip, ip))
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.v4.is_empty() && self.v6.is_empty()
    }

    #[must_use]
    pub(crate) fn union(&self, other: &Addresses) -> Addresses {
        Addresses { v4: self.v4.union(&other.v4), v6: self.v6.union(&other.v6) }
    }

    #[must_use]
    pub(crate) fn intersection(&self, other: &Addresses) -> Addresses {
        Addresses { v4: self.v4.intersection(&other.v4), v6: self.v6.intersection(&other.v6) }
    }

    #[must_use]
    pub(crate) fn without(&self, other: &Addresses) -> Addresses {
        Addresses { v4: self.v4.without(&other.v4), v6: self.v6.without(&other.v6) }
    }

    /// The circle that these addresses amount to.
    pub(crate) fn circle(&self) -> Circle {
        let (public, private) = (Addresses::public(), Addresses::private());
        // A /8 of IPv4 or a /16 of IPv6 is everybody, not a partner; also the /8s that look private
        // and are not, 172.0.0.0/8 and 192.0.0.0/8, of which a sixteenth at most is private.
        if common(&self.v4, &public.v4) >= (1 << 24) - (1 << 20)
            || common(&self.v6, &public.v6) >= 1 << 112
        {
            return Circle::Internet;
        }
        let private = (common(&self.v4, &private.v4), common(&self.v6, &private.v6));
        // A /28 is the smallest subnet a cloud hands out; fewer are single machines.
        if private.0 >= 16 || private.1 >= 1 << 64 {
            return Circle::PrivateNetwork;
        }
        let rest = self.without(Addresses::private()).without(&Addresses::loopback());
        if !rest.is_empty() {
            Circle::InternetRestricted
        } else if private != (0, 0) {
            Circle::Members
        } else if !self.is_empty() {
            Circle::Loopback
        } else {
            Circle::None
        }
    }
}

/// How many numbers two sets share.
fn common<T: Number + Into<u128>>(a: &Intervals<T>, b: &Intervals<T>) -> u128 {
    let (mut i, mut j, mut total) = (0, 0, 0u128);
    while let (Some(x), Some(y)) = (a.0.get(i), b.0.get(j)) {
        let (start, end) = (x.0.max(y.0), x.1.min(y.1));
        if start <= end {
            total = total.saturating_add((end.into() - start.into()).saturating_add(1));
        }
        if x.1 < y.1 { i += 1 } else { j += 1 }
    }
    total
}

/// IANA's special-purpose registry (RFC 6890 and followers), without what is globally reachable.
const NOT_PUBLIC_V4: [&str; 14] = [
    "0.0.0.0/8",
    "10.0.0.0/8",
    "100.64.0.0/10",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "172.16.0.0/12",
    "192.0.0.0/24",
    "192.0.2.0/24",
    "192.168.0.0/16",
    "198.18.0.0/15",
    "198.51.100.0/24",
    "203.0.113.0/24",
    "224.0.0.0/4",
    "240.0.0.0/4",
];

const PRIVATE_V4: [&str; 5] =
    ["10.0.0.0/8", "100.64.0.0/10", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16"];

static PUBLIC: LazyLock<Addresses> = LazyLock::new(|| Addresses {
    v4: Addresses::all().v4.without(&v4(&NOT_PUBLIC_V4)),
    v6: v6(&["2000::/3"]).without(&v6(&["2001:db8::/32", "3fff::/20"])),
});

static PRIVATE: LazyLock<Addresses> =
    LazyLock::new(|| Addresses { v4: v4(&PRIVATE_V4), v6: v6(&["fc00::/7"]) });

fn v4(nets: &[&str]) -> Intervals<u32> {
    let parsed = nets.iter().filter_map(|n| Addresses::parse(n));
    parsed.fold(Intervals::default(), |set, n| set.union(&n.v4))
}

fn v6(nets: &[&str]) -> Intervals<u128> {
    let parsed = nets.iter().filter_map(|n| Addresses::parse(n));
    parsed.fold(Intervals::default(), |set, n| set.union(&n.v6))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(nets: &[&str], circle: Circle) {
        let set = nets
            .iter()
            .filter_map(|n| Addresses::parse(n))
            .fold(Addresses::default(), |s, n| s.union(&n));
        assert_eq!(set.circle(), circle, "{nets:?}");
    }

    #[test]
    fn addresses_amount_to_circles() {
        check(&["0.0.0.0/0"], Circle::Internet);
        check(&["::/0"], Circle::Internet);
        check(&["0.0.0.0/1", "128.0.0.0/1"], Circle::Internet);
        check(&["54.0.0.0/8"], Circle::Internet);
        check(&["172.0.0.0/8"], Circle::Internet);
        check(&["172.32.0.0/16"], Circle::InternetRestricted);
        check(&["198.41.128.0/17"], Circle::InternetRestricted);
        check(&["203.0.113.7"], Circle::InternetRestricted);
        check(&["10.0.0.0/8"], Circle::PrivateNetwork);
        check(&["10.1.2.3/32"], Circle::Members);
        check(&["127.0.0.1"], Circle::Loopback);
        check(&[], Circle::None);
        check(&["10.0.0.5/16"], Circle::PrivateNetwork);
    }

    #[test]
    fn subtraction_reaches_both_ends() {
        let all = Addresses::all();
        let half = Addresses::parse("128.0.0.0/1").unwrap();
        assert_eq!(all.v4.without(&half.v4), Addresses::parse("0.0.0.0/1").unwrap().v4);
        assert!(all.without(&all).is_empty());
        let hole = all.without(&Addresses::parse("10.0.0.0/8").unwrap());
        assert_eq!(hole.v4.ranges().len(), 2);
    }
}
