//! Cards of Terraform resources that map plainly.

/// What is known of one resource type.
#[derive(Debug)]
pub(crate) struct ResourceCard {
    /// `aws_db_instance`
    pub(crate) kind: String,
}
