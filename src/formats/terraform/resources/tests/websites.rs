use super::fragment;

#[test]
fn a_website_is_what_strangers_only_read() {
    let rights = |source: &str| {
        let made = fragment(source, None);
        let stores = made.stores.iter();
        let told = stores.map(|s| s.logins[0].rights.known().map_or("-", |word| word).to_owned());
        told.collect::<Vec<_>>().join(" ")
    };
    let s3 = |rest: &str| {
        rights(&format!("resource \"aws_s3_bucket\" \"b\" {{ bucket = \"b\" }}\n{rest}"))
    };
    let site =
        "resource \"aws_s3_bucket_website_configuration\" \"b\" { bucket = aws_s3_bucket.b.id }\n";
    let policy = |statement: &str| {
        format!(
            "{site}resource \"aws_s3_bucket_policy\" \"b\" {{
               bucket = aws_s3_bucket.b.id
               policy = jsonencode({{ Statement = [{{ Effect = \"Allow\", Principal = \"*\", {statement} }}] }})
             }}"
        )
    };
    assert_eq!(s3(""), "-");
    assert_eq!(s3(&policy(r#"Action = "s3:GetObject""#)), "website");
    assert_eq!(s3(&policy(r#"Action = ["s3:GetObject", "s3:ListBucket"]"#)), "website");
    assert_eq!(s3(&policy(r#"Action = ["s3:GetObject", "s3:PutObject"]"#)), "-");
    assert_eq!(s3(&policy(r#"Action = "s3:*""#)), "-");
    assert_eq!(s3(&policy("Action = var.actions")), "-");
    assert_eq!(s3(&policy(r#"NotAction = "s3:GetObject""#)), "-");
    let old = |acl: &str| {
        rights(&format!(
            "resource \"aws_s3_bucket\" \"b\" {{\n acl = \"{acl}\"\n website {{}}\n }}"
        ))
    };
    assert_eq!(old("public-read"), "website");
    assert_eq!(old("public-read-write"), "-");
    let gcs = |grant: &str| {
        let bucket = "resource \"google_storage_bucket\" \"b\" {\n name = \"b\"\n website {}\n }";
        rights(&format!("{bucket}\nresource {grant}"))
    };
    let member = |role: &str| {
        gcs(&format!(
            "\"google_storage_bucket_iam_member\" \"m\" {{
               bucket = google_storage_bucket.b.name
               role   = \"roles/storage.{role}\"
               member = \"allUsers\"
             }}"
        ))
    };
    assert_eq!(member("objectViewer"), "website");
    assert_eq!(member("objectAdmin"), "-");
    let acl = |pairs: &str| {
        gcs(&format!(
            "\"google_storage_bucket_acl\" \"m\" {{
               bucket      = google_storage_bucket.b.name
               role_entity = [{pairs}]
             }}"
        ))
    };
    assert_eq!(acl(r#""OWNER:user-a@b.c", "READER:allUsers""#), "website");
    assert_eq!(acl(r#""WRITER:allUsers""#), "-");
    let azure = |name: &str| {
        rights(&format!(
            "resource \"azurerm_storage_account\" \"a\" {{}}
             resource \"azurerm_storage_container\" \"c\" {{
               storage_account_id    = azurerm_storage_account.a.id
               name                  = \"{name}\"
               container_access_type = \"blob\"
             }}"
        ))
    };
    assert_eq!(azure("$web"), "website");
    assert_eq!(azure("exports"), "-");
}
