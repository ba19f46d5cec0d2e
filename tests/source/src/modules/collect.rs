//! Reads the files of a crate: its modules, and what each one imports and writes.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use proc_macro2::{TokenStream, TokenTree};
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{Attribute, Item, Meta, Token, UseTree};

use super::{Import, Module, SourceError, Written};

/// Reads the crate whose root is the file `root`.
pub fn collect(
    root: &Path,
    read: &dyn Fn(&Path) -> Option<String>,
) -> Result<Vec<Module>, SourceError> {
    let mut collector = Collector {
        read,
        modules: Vec::new(),
        current: 0,
    };
    let folder = root.parent().unwrap_or(Path::new("")).to_owned();
    let text = read(root).ok_or_else(|| SourceError {
        file: root.to_owned(),
        reason: "no such file".to_owned(),
    })?;
    collector.file(String::new(), None, root, &folder, &text)?;
    Ok(collector.modules)
}

struct Collector<'r> {
    read: &'r dyn Fn(&Path) -> Option<String>,
    modules: Vec<Module>,
    current: usize,
}

impl Collector<'_> {
    /// Reads one file as a module; files of its child modules are in `folder`.
    fn file(
        &mut self,
        name: String,
        parent: Option<usize>,
        file: &Path,
        folder: &Path,
        text: &str,
    ) -> Result<usize, SourceError> {
        let parsed = syn::parse_file(text).map_err(|error| SourceError {
            file: file.to_owned(),
            reason: format!("line {}: {error}", error.span().start().line),
        })?;
        self.items(name, parent, file, folder, &parsed.items)
    }

    fn items(
        &mut self,
        name: String,
        parent: Option<usize>,
        file: &Path,
        folder: &Path,
        items: &[Item],
    ) -> Result<usize, SourceError> {
        let index = self.modules.len();
        self.modules.push(Module {
            name,
            parent,
            file: file.to_owned(),
            children: BTreeMap::new(),
            imports: Vec::new(),
            items: BTreeSet::new(),
            paths: Vec::new(),
        });
        for item in items {
            if is_test(attributes(item)) {
                continue;
            }
            if let Some(name) = defined(item) {
                self.modules[index].items.insert(name);
            }
            if let Item::Mod(module) = item {
                let child = self.child(index, module, file, folder)?;
                let name = module.ident.to_string();
                self.modules[index].children.insert(name, child);
            } else {
                self.current = index;
                self.visit_item(item);
            }
        }
        Ok(index)
    }

    fn child(
        &mut self,
        parent: usize,
        module: &syn::ItemMod,
        file: &Path,
        folder: &Path,
    ) -> Result<usize, SourceError> {
        let name = module.ident.to_string();
        let inner = folder.join(&name);
        if let Some((_, items)) = &module.content {
            return self.items(name, Some(parent), file, &inner, items);
        }
        let named = module.attrs.iter().find_map(path_attribute);
        let beside = file.parent().unwrap_or(Path::new(""));
        let candidates = match named {
            // Its own modules are in the folder of the file that the attribute names.
            Some(path) => vec![(beside.join(&path), beside.to_owned())],
            None => vec![
                (inner.with_extension("rs"), inner.clone()),
                (inner.join("mod.rs"), inner),
            ],
        };
        let found: Option<(PathBuf, PathBuf, String)> = candidates
            .into_iter()
            .find_map(|(file, folder)| (self.read)(&file).map(|text| (file, folder, text)));
        let Some((file, folder, text)) = found else {
            return Err(SourceError {
                file: file.to_owned(),
                reason: format!("no file for `mod {name}`"),
            });
        };
        self.file(name, Some(parent), &file, &folder, &text)
    }

    fn write(&mut self, path: Vec<String>, line: usize) {
        self.modules[self.current]
            .paths
            .push(Written { path, line });
    }

    fn import(&mut self, tree: &UseTree, before: &[String]) {
        match tree {
            UseTree::Path(path) => {
                let mut before = before.to_vec();
                before.push(path.ident.to_string());
                self.import(&path.tree, &before);
            }
            UseTree::Group(group) => {
                for tree in &group.items {
                    self.import(tree, before);
                }
            }
            UseTree::Glob(star) => self.imported(None, before.to_vec(), star.span()),
            UseTree::Name(name) => {
                let (name, mut path) = (name.ident.to_string(), before.to_vec());
                if name == "self" {
                    self.imported(path.last().cloned(), path, tree.span());
                } else {
                    path.push(name.clone());
                    self.imported(Some(name), path, tree.span());
                }
            }
            UseTree::Rename(rename) => {
                let (name, mut path) = (rename.ident.to_string(), before.to_vec());
                if name != "self" {
                    path.push(name);
                }
                self.imported(Some(rename.rename.to_string()), path, tree.span());
            }
        }
    }

    fn imported(&mut self, name: Option<String>, path: Vec<String>, span: proc_macro2::Span) {
        let import = Import {
            name,
            path: path.clone(),
        };
        self.modules[self.current].imports.push(import);
        self.write(path, span.start().line);
    }

    /// Finds paths in what a macro is given, which is no syntax tree.
    fn tokens(&mut self, tokens: TokenStream) {
        let mut path: Vec<String> = Vec::new();
        let (mut line, mut colons) = (0, 0);
        for token in tokens {
            match token {
                TokenTree::Punct(punct) if punct.as_char() == ':' => colons += 1,
                TokenTree::Ident(ident) => {
                    if colons != 2 {
                        self.end_path(&mut path, line);
                    }
                    line = ident.span().start().line;
                    path.push(ident.to_string());
                    colons = 0;
                }
                other => {
                    self.end_path(&mut path, line);
                    colons = 0;
                    if let TokenTree::Group(group) = other {
                        self.tokens(group.stream());
                    }
                }
            }
        }
        self.end_path(&mut path, line);
    }

    fn end_path(&mut self, path: &mut Vec<String>, line: usize) {
        let path = std::mem::take(path);
        if path.len() > 1 {
            self.write(path, line);
        }
    }
}

impl<'ast> Visit<'ast> for Collector<'_> {
    fn visit_item(&mut self, item: &'ast Item) {
        if !is_test(attributes(item)) {
            visit::visit_item(self, item);
        }
    }

    fn visit_impl_item_fn(&mut self, function: &'ast syn::ImplItemFn) {
        if !is_test(&function.attrs) {
            visit::visit_impl_item_fn(self, function);
        }
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        self.import(&item.tree, &[]);
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let names = path.segments.iter().map(|part| part.ident.to_string());
        self.write(names.collect(), path.span().start().line);
        visit::visit_path(self, path);
    }

    fn visit_visibility(&mut self, _: &'ast syn::Visibility) {
        // `pub(in crate::a)` uses nothing of `a`.
    }

    fn visit_attribute(&mut self, _: &'ast Attribute) {}

    fn visit_macro(&mut self, call: &'ast syn::Macro) {
        self.visit_path(&call.path);
        self.tokens(call.tokens.clone());
    }
}

fn path_attribute(attribute: &Attribute) -> Option<String> {
    let Meta::NameValue(pair) = &attribute.meta else {
        return None;
    };
    let syn::Expr::Lit(literal) = &pair.value else {
        return None;
    };
    match &literal.lit {
        syn::Lit::Str(path) if pair.path.is_ident("path") => Some(path.value()),
        _ => None,
    }
}

/// Whether an item is built for tests alone.
fn is_test(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("test")
            || (attribute.path().is_ident("cfg")
                && attribute
                    .parse_args::<Meta>()
                    .is_ok_and(|condition| needs_test(&condition)))
    })
}

fn needs_test(condition: &Meta) -> bool {
    match condition {
        Meta::Path(path) => path.is_ident("test"),
        Meta::List(list) => {
            let parts = list.parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated);
            parts.is_ok_and(|parts| {
                let mut parts = parts.iter();
                (list.path.is_ident("all") && parts.clone().any(needs_test))
                    || (list.path.is_ident("any") && parts.all(needs_test))
            })
        }
        Meta::NameValue(_) => false,
    }
}

fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::ExternCrate(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::ForeignMod(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Macro(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Union(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}

fn defined(item: &Item) -> Option<String> {
    let name = match item {
        Item::Const(item) => &item.ident,
        Item::Enum(item) => &item.ident,
        Item::Fn(item) => &item.sig.ident,
        Item::Static(item) => &item.ident,
        Item::Struct(item) => &item.ident,
        Item::Trait(item) => &item.ident,
        Item::Type(item) => &item.ident,
        Item::Union(item) => &item.ident,
        Item::Macro(item) => item.ident.as_ref()?,
        _ => return None,
    };
    Some(name.to_string())
}
