//! References to images: `registry/repository:tag@digest`, and where the same image lies under
//! other names.

/// A reference, taken apart. Nothing is filled in.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Reference<'a> {
    /// Host and port; `None` means Docker Hub.
    pub(crate) registry: Option<&'a str>,
    pub(crate) repository: &'a str,
    pub(crate) tag: Option<&'a str>,
    pub(crate) digest: Option<&'a str>,
}

/// How surely an image is the one that a card speaks of.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Match {
    /// Published under that name.
    Same,
    /// A copy in another registry, as far as the last parts of its name tell.
    Likely,
}

/// Registries that serve Docker Hub's images under the same names.
/// docs.docker.com (registry names of Hub), cloud.google.com/artifact-registry (mirror.gcr.io).
const HUB: [&str; 5] = [
    "docker.io",
    "index.docker.io",
    "registry-1.docker.io",
    "registry.hub.docker.com",
    "mirror.gcr.io",
];

/// Builds that share only the product's name with others: start scripts, variables and defaults are
/// Bitnami's own (`bitnami`, `bitnamilegacy`, `bitnamisecure`).
const OWN_BUILDS: &str = "bitnami";

/// Words of tags that move on with each release: the newest and stable ones, and the variants of
/// Docker's official images (docker-library/official-images, "Image Variants" of each page).
const FOLLOWS: [&str; 12] = [
    "latest",
    "stable",
    "alpine",
    "slim",
    "debian",
    "bullseye",
    "bookworm",
    "trixie",
    "jammy",
    "noble",
    "management",
    "ubi",
];

impl<'a> Reference<'a> {
    /// Takes a reference apart; anything is one, however odd.
    pub(crate) fn parse(text: &'a str) -> Reference<'a> {
        let text = text.trim();
        let (rest, digest) = match text.split_once('@') {
            Some((rest, digest)) => (rest, Some(digest)),
            None => (text, None),
        };
        let name_start = rest.rfind('/').map_or(0, |i| i + 1);
        let (name, tag) = match rest[name_start..].split_once(':') {
            Some((name, tag)) => (&rest[..name_start + name.len()], Some(tag)),
            None => (rest, None),
        };
        let (registry, repository) = match name.split_once('/') {
            // The rule of Docker's reference grammar for what is a host.
            Some((host, path)) if host.contains(['.', ':']) || host == "localhost" => {
                (Some(host), path)
            }
            _ => (None, name),
        };
        Reference { registry, repository, tag: tag.filter(|t| !t.is_empty()), digest }
    }

    /// How surely it is one of some names, and how much of the name says so.
    pub(crate) fn among(&self, patterns: &[impl AsRef<str>]) -> Option<(Match, usize)> {
        let met = patterns.iter().map(AsRef::as_ref).filter_map(|pattern| {
            let how = self.is(pattern)?;
            let sure = if how == Match::Same { 100 } else { 0 };
            Some((how, sure + pattern.split('/').count()))
        });
        met.max_by_key(|(_, weight)| *weight)
    }

    /// Compares with a name as cards write it: without `docker.io/` and `library/`, `*` for any
    /// stretch within one part of the path.
    pub(crate) fn is(&self, pattern: &str) -> Option<Match> {
        // The last part alone rules most pairs out.
        if !glob(last_part(pattern), last_part(self.repository)) {
            return None;
        }
        let registry = self.registry.filter(|r| !HUB.contains(r));
        let repository = self.repository.strip_prefix("library/").unwrap_or(self.repository);
        let full = match registry {
            // Amazon's copies of Docker's official images.
            Some("public.ecr.aws") if repository.starts_with("docker/library/") => {
                repository["docker/library/".len()..].to_owned()
            }
            Some(registry) => format!("{registry}/{repository}"),
            None => repository.to_owned(),
        };
        if glob(pattern, &full) {
            return Some(Match::Same);
        }
        let vendor = |name: &str| name.split('/').any(|part| part.starts_with(OWN_BUILDS));
        if vendor(&full) && !vendor(pattern) {
            return None;
        }
        // A copy keeps the last parts of the name: all of the pattern's, without its registry.
        let wanted = Reference::parse(pattern).repository;
        let depth = wanted.split('/').count();
        let parts: Vec<&str> = self.repository.split('/').collect();
        // A publisher that is called as its product (`minio/minio`) has its name from it.
        if wanted.split_once('/').is_some_and(|(publisher, product)| publisher == product) {
            return Some(Match::Likely);
        }
        let tail = parts.get(parts.len().checked_sub(depth)?..)?.join("/");
        glob(wanted, &tail).then_some(Match::Likely)
    }

    /// Major and minor version that the tag begins with: `7.2-alpine`, `v3.5.1`, `pg16`.
    pub(crate) fn version(&self) -> Option<(i64, i64)> {
        let tag = self.tag?;
        let digits = tag.find(|c: char| c.is_ascii_digit())?;
        // More than a letter or two before the number is a name, not a version.
        if digits > 2 {
            return None;
        }
        let mut parts = tag[digits..].split(|c: char| !c.is_ascii_digit());
        let major = parts.next()?.parse().ok()?;
        let dotted =
            tag[digits..].trim_start_matches(|c: char| c.is_ascii_digit()).starts_with('.');
        let minor = parts.next().filter(|_| dotted).and_then(|m| m.parse().ok()).unwrap_or(0);
        Some((major, minor))
    }

    /// Whether it follows the newest release: no tag and no digest, `latest`, or a tag that only
    /// says what the image stands on or brings along.
    pub(crate) fn newest(&self) -> bool {
        match self.tag {
            Some(tag) => tag.split('-').all(|word| FOLLOWS.contains(&word)),
            None => self.digest.is_none(),
        }
    }
}

/// The last part of a name; `*` never goes beyond a part.
pub(crate) fn last_part(name: &str) -> &str {
    name.rsplit('/').next().unwrap_or(name)
}

/// `*` stands for any characters but `/`. Linear for each star, and cards have few.
pub(crate) fn glob(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((before, after)) => {
            let Some(rest) = text.strip_prefix(before) else { return false };
            let stop = rest.find('/').unwrap_or(rest.len());
            (0..=stop).filter(|i| rest.is_char_boundary(*i)).any(|i| glob(after, &rest[i..]))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(reference: &str, pattern: &str, expected: Option<Match>) {
        assert_eq!(Reference::parse(reference).is(pattern), expected, "{reference} is {pattern}");
    }

    #[test]
    fn the_same_image_goes_by_many_names() {
        check("redis", "redis", Some(Match::Same));
        check("redis:7.2-alpine@sha256:00ff", "redis", Some(Match::Same));
        check("docker.io/library/redis:7", "redis", Some(Match::Same));
        check("public.ecr.aws/docker/library/redis:7", "redis", Some(Match::Same));
        check("mirror.gcr.io/library/redis", "redis", Some(Match::Same));
        check("quay.io/jupyter/scipy-notebook", "quay.io/jupyter/*-notebook", Some(Match::Same));
    }

    #[test]
    fn a_copy_elsewhere_is_likely_the_same() {
        check("registry.corp:5000/hub/library/redis:7", "redis", Some(Match::Likely));
        check("ghcr.io/acme/redis", "redis", Some(Match::Likely));
        check("registry.corp/bitnami/redis:7", "bitnami/redis", Some(Match::Likely));
        check("acme/minio:2023", "minio/minio", Some(Match::Likely));
        check("acme/minio:2023", "pgvector/minio", None);
        check("registry.corp/qdrant/qdrant", "ghcr.io/qdrant/qdrant", Some(Match::Likely));
    }

    #[test]
    fn another_name_is_another_image() {
        check("oliver006/redis_exporter", "redis", None);
        check("redis-commander", "redis", None);
        check("acme/jupyter/x/scipy-notebook", "quay.io/jupyter/*-notebook", None);
    }

    #[test]
    fn a_tag_without_a_version_may_follow_the_newest() {
        let newest = |tag: &str| Reference::parse(&format!("x{tag}")).newest();
        assert!(
            ["", ":latest", ":alpine", ":stable", ":management-alpine"].into_iter().all(newest)
        );
        assert!([":7-alpine", ":e2e", ":nightly", "@sha256:00ff"].into_iter().all(|t| !newest(t)));
    }

    #[test]
    fn tags_begin_with_a_version_or_do_not() {
        let version = |tag: &str| Reference::parse(&format!("x:{tag}")).version();
        assert_eq!(version("7.2.5-alpine"), Some((7, 2)));
        assert_eq!(version("8"), Some((8, 0)));
        assert_eq!(version("v3.5.1"), Some((3, 5)));
        assert_eq!(version("pg16"), Some((16, 0)));
        assert_eq!(version("16-alpine3.19"), Some((16, 0)));
        assert_eq!(version("alpine3.19"), None);
        assert_eq!(version("latest"), None);
    }
}
