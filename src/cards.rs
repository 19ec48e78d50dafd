//! Reading a card: title, metadata, sections and code blocks of a Markdown page.
