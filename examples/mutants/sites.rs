//! Where a mutant stands in the syntax of its file, and what is written around that place.

use std::ops::Range;

use proc_macro2::Span;
use syn::spanned::Spanned as _;
use syn::visit::{self, Visit};

use crate::list::{Genre, Mutant};

/// A place of the text with the mutants that change it: what the text becomes under each.
pub struct Site {
    /// What is wrapped; empty where something is put before it.
    pub range: Range<usize>,
    pub kind: Kind,
    /// Number and replacement of each mutant of this place.
    pub mutants: Vec<(usize, String)>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// An expression that has another value under the mutant.
    Value,
    /// The same of a field in the short form, whose name stands before it.
    ShortField,
    /// The begin of a function, which returns the replacement.
    Body,
    /// A guard that is false under the mutant, which takes the arm away.
    Guard,
    /// The same of an arm without one.
    NoGuard,
}

/// The sites of one file for its mutants. A mutant in a constant has none, nor one between values that are bound by `let`, nor
/// the value of a function whose type has no name.
pub fn find(text: &str, mutants: &[&Mutant]) -> syn::Result<Vec<Site>> {
    let file = syn::parse_file(text)?;
    let wanted = mutants.iter().map(|&mutant| (mutant.range(text), mutant)).collect();
    let mut finder = Finder { text, wanted, constant: 0, found: Vec::new() };
    finder.visit_file(&file);
    Ok(finder.found)
}

struct Finder<'a> {
    text: &'a str,
    wanted: Vec<(Range<usize>, &'a Mutant)>,
    /// How many constants are around.
    constant: usize,
    found: Vec<Site>,
}

impl Finder<'_> {
    /// A site for the mutants of a genre whose change begins at `at`; `becomes` says what the text is under one of them.
    fn site(&mut self, genre: Genre, at: usize, range: Range<usize>, kind: Kind, becomes: impl Fn(&str) -> String) {
        if self.constant > 0 {
            return;
        }
        let here = self.wanted.iter().filter(|(place, mutant)| mutant.genre == genre && place.start == at);
        let mutants = here.map(|(_, mutant)| (mutant.number, becomes(&mutant.replacement))).collect::<Vec<_>>();
        if !mutants.is_empty() {
            self.found.push(Site { range, kind, mutants });
        }
    }

    fn of(&self, range: Range<usize>) -> &str {
        self.text.get(range).unwrap_or_default()
    }

    fn constant(&mut self, inside: impl FnOnce(&mut Self)) {
        self.constant += 1;
        inside(self);
        self.constant -= 1;
    }

    fn body(&mut self, signature: &syn::Signature, block: &syn::Block) {
        let hidden =
            matches!(&signature.output, syn::ReturnType::Type(_, kind) if matches!(**kind, syn::Type::ImplTrait(_)));
        if signature.constness.is_some() || hidden {
            return;
        }
        if let Some(first) = block.stmts.first() {
            let start = first.span().byte_range().start;
            self.site(Genre::FnValue, start, start..start, Kind::Body, str::to_owned);
        }
    }
}

impl<'ast> Visit<'ast> for Finder<'_> {
    fn visit_item_const(&mut self, item: &'ast syn::ItemConst) {
        self.constant(|finder| visit::visit_item_const(finder, item));
    }

    fn visit_item_static(&mut self, item: &'ast syn::ItemStatic) {
        self.constant(|finder| visit::visit_item_static(finder, item));
    }

    fn visit_impl_item_const(&mut self, item: &'ast syn::ImplItemConst) {
        self.constant(|finder| visit::visit_impl_item_const(finder, item));
    }

    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        self.body(&item.sig, &item.block);
        if item.sig.constness.is_some() {
            self.constant(|finder| visit::visit_item_fn(finder, item));
        } else {
            visit::visit_item_fn(self, item);
        }
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        self.body(&item.sig, &item.block);
        if item.sig.constness.is_some() {
            self.constant(|finder| visit::visit_impl_item_fn(finder, item));
        } else {
            visit::visit_impl_item_fn(self, item);
        }
    }

    fn visit_trait_item_fn(&mut self, item: &'ast syn::TraitItemFn) {
        if let Some(block) = &item.default {
            self.body(&item.sig, block);
        }
        visit::visit_trait_item_fn(self, item);
    }

    fn visit_expr_binary(&mut self, binary: &'ast syn::ExprBinary) {
        if !binds(&binary.left) && !binds(&binary.right) {
            let (whole, operator) = (binary.span().byte_range(), binary.op.span().byte_range());
            let (left, right) = (self.of(whole.start..operator.start), self.of(operator.end..whole.end));
            let (left, right) = (left.to_owned(), right.to_owned());
            let becomes = |operator: &str| format!("{left}{operator}{right}");
            self.site(Genre::BinaryOperator, operator.start, whole, Kind::Value, becomes);
        }
        visit::visit_expr_binary(self, binary);
    }

    fn visit_expr_unary(&mut self, unary: &'ast syn::ExprUnary) {
        let operand = self.of(unary.expr.span().byte_range()).to_owned();
        let at = start(unary.op.span());
        self.site(Genre::UnaryOperator, at, unary.span().byte_range(), Kind::Value, |_| operand.clone());
        visit::visit_expr_unary(self, unary);
    }

    fn visit_arm(&mut self, arm: &'ast syn::Arm) {
        let at = start(arm.span());
        match &arm.guard {
            Some((_, guard)) => {
                let range = guard.span().byte_range();
                self.site(Genre::MatchArm, at, range.clone(), Kind::Guard, str::to_owned);
                self.site(Genre::MatchArmGuard, range.start, range, Kind::Value, str::to_owned);
            }
            None => {
                let end = arm.pat.span().byte_range().end;
                self.site(Genre::MatchArm, at, end..end, Kind::NoGuard, str::to_owned);
            }
        }
        visit::visit_arm(self, arm);
    }

    fn visit_expr_struct(&mut self, expr: &'ast syn::ExprStruct) {
        if let Some(base) = &expr.rest {
            let base = self.of(base.span().byte_range()).to_owned();
            for field in &expr.fields {
                let name = self.of(field.member.span().byte_range()).to_owned();
                let kind = if field.colon_token.is_some() { Kind::Value } else { Kind::ShortField };
                let becomes = |_: &str| format!("({base}).{name}");
                let at = start(field.span());
                self.site(Genre::StructField, at, field.expr.span().byte_range(), kind, becomes);
            }
        }
        visit::visit_expr_struct(self, expr);
    }
}

fn start(span: Span) -> usize {
    span.byte_range().start
}

/// Whether a condition binds something with `let`, which no operator but `&&` may join.
fn binds(expr: &syn::Expr) -> bool {
    match expr {
        syn::Expr::Let(_) => true,
        syn::Expr::Binary(binary) => binds(&binary.left) || binds(&binary.right),
        _ => false,
    }
}
