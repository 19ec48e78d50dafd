//! Stores whose settings a card describes: variables, arguments and configuration files in layers.

use super::{Parts, Program};
use crate::catalog::image::ImageCard;

/// The store in a container whose image meets a card.
pub(crate) fn in_container(_program: &Program, _card: &ImageCard) -> Parts {
    Parts::default()
}
