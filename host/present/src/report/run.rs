//! What was run, what the link went through, and how to get it again.

use maud::{Markup, html};

use super::{Counter, Fact, Receipt, ReportData, Run};
use cortexscope_draw::number::{grouped, percent};

pub(super) fn section(data: &ReportData) -> Markup {
    let run = &data.run;
    html! {
        section #run aria-labelledby="run-title" {
            h2 #run-title { "What was run" }
            (facts(&identity(run)))
            @if !run.commands.is_empty() {
                h3 { "To run it again" }
                pre { code { (run.commands.join("\n")) } }
            }
            h3 { "Results" }
            (results(data))
        }
    }
}

fn identity(run: &Run) -> Vec<Fact> {
    let board = if run.emulated {
        format!("{}, emulated", run.board)
    } else {
        run.board.clone()
    };
    let counted = match (run.counter, run.emulated) {
        (Counter::Nothing, _) => "nothing; this board has no counter".to_owned(),
        (counter, true) => format!("{}; an emulated board has no time", counter.unit()),
        (counter, false) => counter.unit().to_owned(),
    };
    let mut facts = vec![
        Fact::new("Board", board),
        Fact::new("Engine", run.engine.as_str()),
        Fact::new("ELF build id", run.elf_build_id.as_str()),
        Fact::new("Model", run.model.as_str()),
        Fact::new("Model SHA-256", run.model_sha256.as_str()),
        Fact::new("Protocol", run.protocol.as_str()),
        Fact::new("Counted", counted),
    ];
    facts.extend(run.settings.iter().cloned());
    facts
}

pub(super) fn facts(facts: &[Fact]) -> Markup {
    html! {
        dl {
            @for fact in facts {
                div { dt { (fact.name) } dd { (fact.value) } }
            }
        }
    }
}

fn results(data: &ReportData) -> Markup {
    let label = |labels: &[String], class: Option<usize>| {
        class
            .and_then(|class| labels.get(class))
            .map_or("–", String::as_str)
            .to_owned()
    };
    let counted = data.run.counter != Counter::Nothing;
    html! {
        div .table {
            table {
                thead {
                    tr {
                        th scope="col" .text { "input" }
                        th scope="col" { "predicted" }
                        th scope="col" { "probability" }
                        th scope="col" { "label" }
                        th scope="col" .text { "" }
                        @if counted { th scope="col" { (data.run.counter.unit()) } }
                    }
                }
                tbody {
                    @for (number, trial) in data.trials.iter().enumerate() {
                        @let scores = &trial.scores;
                        @let predicted = scores.predicted();
                        tr {
                            th scope="row" .text { a href=(format!("#input-{number}")) { (trial.name) } }
                            td { (label(&scores.labels, predicted)) }
                            td { (predicted.map_or_else(|| "–".to_owned(), |class| percent(scores.probabilities[class]))) }
                            td { (label(&scores.labels, scores.expected)) }
                            td .text {
                                @match scores.expected {
                                    None => {}
                                    expected if expected == predicted => span .right { "✓ right" },
                                    _ => span .wrong { "✗ wrong" },
                                }
                            }
                            @if counted {
                                td { (trial.count.map_or_else(|| "–".to_owned(), grouped)) }
                            }
                        }
                    }
                }
            }
        }
    }
}

pub(super) fn link(statistics: &[Fact]) -> Markup {
    html! {
        section #link aria-labelledby="link-title" {
            h2 #link-title { "Link" }
            (facts(statistics))
        }
    }
}

pub(super) fn receipts(receipts: &[Receipt]) -> Markup {
    html! {
        section #receipts aria-labelledby="receipts-title" {
            h2 #receipts-title { "Receipts" }
            p { "The same model, input and parameters give the same bytes." }
            @for receipt in receipts {
                h3 .name { (receipt.title) }
                pre { code { (receipt.document.text()) } }
            }
        }
    }
}
