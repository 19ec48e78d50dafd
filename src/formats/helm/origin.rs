//! Where charts come from: repositories that objects describe, and folders of the project.

use rustc_hash::FxHashMap;

use crate::model::fact::Name;
use crate::model::fragment::{Address, Fragment, LocalChart};

/// All origins that the project tells.
pub(super) struct Origins {
    urls: FxHashMap<Name, Name>,
    charts: Vec<LocalChart>,
    folders: FxHashMap<Name, usize>,
}

impl Origins {
    pub(super) fn new(fragment: &mut Fragment) -> Origins {
        let charts = std::mem::take(&mut fragment.local_charts);
        let folders = charts.iter().enumerate().map(|(i, c)| (c.folder.clone(), i)).collect();
        let mut urls = FxHashMap::default();
        for (address, url) in &fragment.chart_sources {
            urls.insert(address.0.clone(), url.clone());
            // Clusters of one project name their repositories alike, in whatever namespace.
            let (kind, name) = kind_and_name(address);
            urls.entry(format!("{kind}//{name}").into()).or_insert_with(|| url.clone());
        }
        Origins { urls, charts, folders }
    }

    /// The address of a repository; its name where nobody describes it.
    pub(super) fn url(&self, source: &Address) -> Name {
        let (kind, name) = kind_and_name(source);
        let anywhere = || self.urls.get(format!("{kind}//{name}").as_str());
        self.urls.get(&source.0).or_else(anywhere).cloned().unwrap_or_else(|| name.into())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.charts.is_empty()
    }

    pub(super) fn chart(&self, index: usize) -> Option<&LocalChart> {
        self.charts.get(index)
    }

    /// The chart whose templates a file is among.
    pub(super) fn holder(&self, path: &str) -> Option<usize> {
        let mut folders = path.match_indices("templates/").map(|(at, _)| at).collect::<Vec<_>>();
        folders.reverse();
        let holder = |at: usize| self.folders.get(path.get(..at)?.trim_end_matches('/'));
        folders.into_iter().find_map(holder).copied()
    }

    /// A chart of the project, by its folder.
    pub(super) fn local(&self, folder: &str) -> Option<(usize, &LocalChart)> {
        let folder = folder.trim_end_matches('/');
        let index = *self.folders.get(folder)?;
        Some((index, self.charts.get(index)?))
    }

    /// Charts that no release of the project installs and no other chart holds.
    pub(super) fn unused<'a>(&'a self, used: &[usize]) -> Vec<&'a LocalChart> {
        let mut taken = vec![false; self.charts.len()];
        for index in used {
            if let Some(taken) = taken.get_mut(*index) {
                *taken = true;
            }
        }
        let within = |chart: &LocalChart| {
            chart.folder.rmatch_indices("/charts/").any(|(at, _)| {
                chart.folder.get(..at).is_some_and(|parent| self.folders.contains_key(parent))
            })
        };
        let free =
            self.charts.iter().zip(&taken).filter(|(chart, taken)| !**taken && !within(chart));
        free.map(|(chart, _)| chart).collect()
    }

    /// A chart that another holds in its folder `charts`, or names by `file://`.
    pub(super) fn vendored(&self, parent: &LocalChart, name: &str) -> Option<&LocalChart> {
        let folder = match &*parent.folder {
            "" => format!("charts/{name}"),
            folder => format!("{folder}/charts/{name}"),
        };
        self.local(&folder).map(|(_, chart)| chart)
    }
}

/// `k8s:KIND/NAMESPACE/NAME`
fn kind_and_name(address: &Address) -> (&str, &str) {
    let text = address.0.strip_prefix("k8s:").unwrap_or(&address.0);
    let kind = text.split('/').next().unwrap_or(text);
    (kind, text.rsplit('/').next().unwrap_or(text))
}
