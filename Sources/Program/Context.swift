/// What every command gets.
struct Context: Sendable {
  let console: Console
  let wiring: Wiring
}
