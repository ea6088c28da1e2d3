/// The actions that the program was built with.
package struct ActionCatalog: Sendable {
  package let actions: [ActionDescriptor]

  package init(_ actions: [ActionDescriptor]) { self.actions = actions }

  package func action(named name: String) -> ActionDescriptor? {
    actions.first { $0.name.utf8.elementsEqual(name.utf8) }
  }
}
