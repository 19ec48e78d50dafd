//! Where charts come from: repositories that objects describe, and folders of the project.

use rustc_hash::FxHashMap;

use super::values::{ancestors, shared};
use crate::model::fact::Name;
use crate::model::fragment::{Address, Fragment, LocalChart};
use crate::source::Sources;

/// All origins that the project tells.
pub(super) struct Origins {
    /// By full name, and by kind and name alone; each with the path of its file.
    urls: FxHashMap<Name, Vec<(Name, Name)>>,
    charts: Vec<LocalChart>,
    folders: FxHashMap<Name, usize>,
}

impl Origins {
    pub(super) fn new(fragment: &mut Fragment, sources: &Sources) -> Origins {
        let charts = std::mem::take(&mut fragment.local_charts);
        let folders = charts.iter().enumerate().map(|(i, c)| (c.folder.clone(), i)).collect();
        let mut urls: FxHashMap<Name, Vec<(Name, Name)>> = FxHashMap::default();
        for (address, url, place) in &fragment.chart_sources {
            let told = (url.clone(), sources.path(place.file).clone());
            urls.entry(address.0.clone()).or_default().push(told.clone());
            // Clusters of one project name their repositories alike, in whatever namespace.
            let (kind, name) = kind_and_name(address);
            urls.entry(format!("{kind}//{name}").into()).or_default().push(told);
        }
        Origins { urls, charts, folders }
    }

    /// The address of a repository, as the nearest file tells it; its name where nobody does.
    pub(super) fn url(&self, source: &Address, file: &str) -> Name {
        let (kind, name) = kind_and_name(source);
        let anywhere = || self.urls.get(format!("{kind}//{name}").as_str());
        let told = self.urls.get(&source.0).or_else(anywhere);
        let nearest = told.and_then(|all| all.iter().max_by_key(|(_, path)| shared(path, file)));
        nearest.map_or_else(|| name.into(), |(url, _)| url.clone())
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

    /// A chart by its path in a repository, whose root may be any folder above the file that names
    /// it.
    pub(super) fn local_from(&self, folder: &str, file: &str) -> Option<(usize, &LocalChart)> {
        ancestors(file).into_iter().find_map(|above| self.local(&format!("{above}{folder}")))
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
    let text = address.object();
    let kind = text.split('/').next().unwrap_or(text);
    (kind, text.rsplit('/').next().unwrap_or(text))
}
