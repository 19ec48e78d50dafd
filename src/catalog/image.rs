//! Cards of datastore images.

/// What is known of one product's image.
#[derive(Debug)]
pub(crate) struct ImageCard {
    /// `redis`, `clickhouse`, …: the engine's name in the model.
    pub(crate) engine: String,
}
