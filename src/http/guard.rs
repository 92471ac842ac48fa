//! Which addresses may be asked: a feed or a page must not be able to send us into the machine's own network.
//!
//! Decides about values only. It is applied to the address of every hop and, by `resolver`, to everything that a
//! name resolves to.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use url::{Host, Url};

use super::settings::BadSetting;
use super::unfetched::Refusal;

/// Longer addresses are refused; servers commonly stop at 8 KiB themselves.
const MAX_URL: usize = 8 * 1024;

/// The hosts of private networks that may be asked all the same.
#[derive(Debug, Clone, Default)]
pub(super) struct Allowed(Vec<(Host, Option<u16>)>);

impl Allowed {
    /// Reads entries of the form `host` or `host:port`.
    pub(super) fn parse(entries: &[String]) -> Result<Self, BadSetting> {
        let read = |entry: &String| allowed_entry(entry).ok_or_else(|| BadSetting::AllowPrivate(entry.clone()));
        entries.iter().map(read).collect::<Result<_, _>>().map(Self)
    }

    /// Whether this host and port are named.
    pub(super) fn covers(&self, url: &Url) -> bool {
        let (Some(host), port) = (url.host(), url.port_or_known_default()) else { return false };
        self.0.iter().any(|(named, at)| *named == host && at.is_none_or(|at| Some(at) == port))
    }
}

fn allowed_entry(entry: &str) -> Option<(Host, Option<u16>)> {
    if let Ok(address) = entry.parse::<Ipv6Addr>() {
        return Some((Host::Ipv6(address), None));
    }
    let (host, port) = match entry.rsplit_once(':') {
        // A colon inside brackets belongs to the address.
        Some((host, port)) if !port.ends_with(']') => (host, Some(port.parse().ok()?)),
        _ => (entry, None),
    };
    Some((Host::parse(host).ok()?, port))
}

/// Refuses an address that must not be asked, as far as the address alone tells.
///
/// The parser of `url` has already turned decimal, octal and hexadecimal spellings of IPv4 into one form.
pub(super) fn check(url: &Url, allowed: &Allowed) -> Result<(), Refusal> {
    if !matches!(url.scheme(), "http" | "https") {
        return Err(Refusal::Scheme);
    }
    if url.as_str().len() > MAX_URL {
        return Err(Refusal::TooLong);
    }
    if allowed.covers(url) {
        return Ok(());
    }
    let what = match url.host() {
        Some(Host::Ipv4(address)) => private_v4(address),
        Some(Host::Ipv6(address)) => private_v6(address),
        // RFC 6761, section 6.3: such names mean this machine, whoever resolves them.
        Some(Host::Domain(name)) => {
            let name = name.trim_end_matches('.');
            (name == "localhost" || name.ends_with(".localhost")).then_some("this machine")
        }
        // A parsed http address always has a host.
        None => return Err(Refusal::Scheme),
    };
    what.map_or(Ok(()), |what| Err(Refusal::Private(what)))
}

/// What kind of address this is, where it is not one of the public internet.
pub(super) fn private(address: IpAddr) -> Option<&'static str> {
    match address {
        IpAddr::V4(address) => private_v4(address),
        IpAddr::V6(address) => private_v6(address),
    }
}

/// The blocks that the IANA special-purpose registry does not call globally reachable, and multicast.
const PRIVATE_V4: &[(Ipv4Addr, u32, &str)] = &[
    (Ipv4Addr::new(0, 0, 0, 0), 8, "an address of no network"),
    (Ipv4Addr::new(10, 0, 0, 0), 8, "in a private network"),
    (Ipv4Addr::new(100, 64, 0, 0), 10, "behind a carrier's address translation"),
    (Ipv4Addr::new(127, 0, 0, 0), 8, "a loopback address"),
    (Ipv4Addr::new(169, 254, 0, 0), 16, "a link-local address"),
    (Ipv4Addr::new(172, 16, 0, 0), 12, "in a private network"),
    (Ipv4Addr::new(192, 0, 0, 0), 24, "an address kept for protocols"),
    (Ipv4Addr::new(192, 0, 2, 0), 24, "an address kept for documentation"),
    (Ipv4Addr::new(192, 88, 99, 0), 24, "an address kept for protocols"),
    (Ipv4Addr::new(192, 168, 0, 0), 16, "in a private network"),
    (Ipv4Addr::new(198, 18, 0, 0), 15, "an address kept for benchmarks"),
    (Ipv4Addr::new(198, 51, 100, 0), 24, "an address kept for documentation"),
    (Ipv4Addr::new(203, 0, 113, 0), 24, "an address kept for documentation"),
    (Ipv4Addr::new(224, 0, 0, 0), 4, "a multicast address"),
    (Ipv4Addr::new(240, 0, 0, 0), 4, "a reserved address"),
];

fn private_v4(address: Ipv4Addr) -> Option<&'static str> {
    let within =
        |(block, length, _): &&(Ipv4Addr, u32, &str)| (address.to_bits() ^ block.to_bits()).leading_zeros() >= *length;
    PRIVATE_V4.iter().find(within).map(|(_, _, what)| *what)
}

/// Only 2000::/3 is handed out for the public internet (IANA IPv6 address space registry), and parts of it are not.
/// Where an IPv4 address travels inside, that one is judged too.
fn private_v6(address: Ipv6Addr) -> Option<&'static str> {
    let [a, b, c, d, e, f, g, h] = address.segments();
    let v4 = |high: u16, low: u16| Ipv4Addr::from_bits(u32::from(high) << 16 | u32::from(low));
    match [a, b, c, d, e, f, g, h] {
        [0, 0, 0, 0, 0, 0, 0, 0] => Some("an address of no network"),
        [0, 0, 0, 0, 0, 0, 0, 1] => Some("a loopback address"),
        // IPv4-mapped, and the translation prefix of RFC 6052: as good as the IPv4 address inside.
        [0, 0, 0, 0, 0, 0xffff, _, _] | [0x64, 0xff9b, 0, 0, 0, 0, _, _] => private_v4(v4(g, h)),
        // 6to4: the tunnel ends at the IPv4 address inside.
        [0x2002, ..] => private_v4(v4(b, c)),
        // Teredo, ORCHID and other protocol assignments.
        [0x2001, 0..=0x01ff, ..] => Some("an address kept for protocols"),
        [0x2001, 0x0db8, ..] | [0x3fff, 0..=0x0fff, ..] => Some("an address kept for documentation"),
        [0x2000..=0x3fff, ..] => None,
        [0xfc00..=0xfdff, ..] => Some("in a private network"),
        [0xfe80..=0xfebf, ..] => Some("a link-local address"),
        [0xff00..=0xffff, ..] => Some("a multicast address"),
        _ => Some("a reserved address"),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn verdict(url: &str, allowed: &[&str]) -> Result<(), Refusal> {
        let allowed: Vec<String> = allowed.iter().map(|entry| (*entry).to_owned()).collect();
        check(&url.parse().unwrap(), &Allowed::parse(&allowed).unwrap())
    }

    #[test]
    fn public_addresses_pass() {
        for url in [
            "https://news.example/feed",
            "http://8.8.8.8/",
            "http://172.32.0.1/",
            "http://100.128.0.1/",
            "http://[2606:4700::1111]/",
            "http://[64:ff9b::808:808]/",
            "http://localhost.example/",
        ] {
            assert_eq!(verdict(url, &[]), Ok(()), "{url}");
        }
    }

    #[test]
    fn addresses_inside_are_refused_however_they_are_spelled() {
        for url in [
            "http://127.0.0.1/",
            "http://127.1/",
            "http://2130706433/",
            "http://0x7f000001/",
            "http://0177.0.0.1/",
            "http://localhost/",
            "http://LOCALHOST./",
            "http://db.localhost/",
            "http://0.0.0.0/",
            "http://10.1.2.3/",
            "http://172.16.0.1/",
            "http://172.31.255.255/",
            "http://192.168.1.1/",
            "http://100.64.0.1/",
            "http://169.254.169.254/latest/meta-data/",
            "http://192.0.0.192/",
            "http://198.19.255.255/",
            "http://224.0.0.1/",
            "http://255.255.255.255/",
            "http://[::]/",
            "http://[::1]/",
            "http://[::ffff:127.0.0.1]/",
            "http://[::ffff:a9fe:a9fe]/",
            "http://[::10.0.0.1]/",
            "http://[64:ff9b::10.0.0.1]/",
            "http://[64:ff9b:1::1]/",
            "http://[2002:7f00:1::]/",
            "http://[2001:0:4136:e378::]/",
            "http://[2001:db8::1]/",
            "http://[fd00:ec2::254]/",
            "http://[fe80::1]/",
            "http://[fec0::1]/",
            "http://[ff02::1]/",
        ] {
            assert!(matches!(verdict(url, &[]), Err(Refusal::Private(_))), "{url}");
        }
    }

    #[test]
    fn only_the_web_is_asked() {
        for url in ["file:///etc/passwd", "ftp://example.org/", "data:text/plain,x", "mailto:a@example.org"] {
            assert_eq!(verdict(url, &[]), Err(Refusal::Scheme), "{url}");
        }
        let long = format!("https://example.org/{}", "a".repeat(MAX_URL));
        assert_eq!(verdict(&long, &[]), Err(Refusal::TooLong));
    }

    #[test]
    fn hosts_are_allowed_by_name_and_port() {
        assert_eq!(verdict("http://10.0.0.5:8080/feed", &["10.0.0.5"]), Ok(()));
        assert_eq!(verdict("http://10.0.0.5:8080/feed", &["10.0.0.5:8080"]), Ok(()));
        assert!(verdict("http://10.0.0.5:22/", &["10.0.0.5:8080"]).is_err());
        assert_eq!(verdict("https://10.0.0.5/", &["10.0.0.5:443"]), Ok(()), "the scheme's own port");
        assert!(verdict("http://10.0.0.6:8080/", &["10.0.0.5:8080"]).is_err());
        assert_eq!(verdict("http://[fd00::7]:81/", &["[fd00::7]:81"]), Ok(()));
        assert_eq!(verdict("http://[fd00::7]:81/", &["fd00::7"]), Ok(()));
        assert_eq!(verdict("http://localhost:4000/", &["LocalHost:4000"]), Ok(()));
    }

    #[test]
    fn a_senseless_entry_is_told() {
        for entry in ["", "host:port", "a b", "http://x/", "x:70000", "[::1"] {
            let told = Allowed::parse(&[entry.to_owned()]).unwrap_err();
            assert_eq!(told, BadSetting::AllowPrivate(entry.to_owned()));
        }
    }

    proptest! {
        #[test]
        fn an_address_is_judged_alike_when_it_travels_inside_ipv6(bits: u32) {
            let address = Ipv4Addr::from_bits(bits);
            let plain = private(IpAddr::V4(address));
            prop_assert_eq!(private(IpAddr::V6(address.to_ipv6_mapped())), plain);
            let six_to_four = Ipv6Addr::new(0x2002, (bits >> 16) as u16, bits as u16, 0, 0, 0, 0, 1);
            prop_assert_eq!(private(IpAddr::V6(six_to_four)), plain);
        }

        #[test]
        fn nothing_passes_that_the_standard_library_calls_private(bits: u32) {
            let address = Ipv4Addr::from_bits(bits);
            let inside = address.is_private() || address.is_loopback() || address.is_link_local()
                || address.is_multicast() || address.is_broadcast() || address.is_documentation() || address.is_unspecified();
            prop_assert!(!inside || private_v4(address).is_some());
        }
    }
}
