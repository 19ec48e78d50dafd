//! What is known about the world: cards of images and of Terraform resources.

pub(crate) mod image;
pub(crate) mod resource;

use image::ImageCard;
use resource::ResourceCard;

/// All cards, loaded and checked once.
#[derive(Default, Debug)]
pub(crate) struct Catalog {
    pub(crate) images: Vec<ImageCard>,
    pub(crate) resources: Vec<ResourceCard>,
}

impl Catalog {
    /// The card of an image reference (`registry/name:tag@digest`), if there is one.
    pub(crate) fn image(&self, _reference: &str) -> Option<&ImageCard> {
        None
    }

    /// The card of a Terraform resource type.
    pub(crate) fn resource(&self, kind: &str) -> Option<&ResourceCard> {
        self.resources.iter().find(|card| card.is_for(kind))
    }
}
