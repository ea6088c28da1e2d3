/// A playbook without a mistake, in which tests make one.
let soundPlaybook = #"""
  // The whole way from A to B.
  {
    playbook: 1,
    environment: "shop",
    description: "Moves the shop.",
    parameters: {
      root: "/srv",
      domain: "shop.example",
      ttl: 60,
      base: "process://${root}/stacks",
      strict: true,
    },
    colors: {
      blue: { stack: "blue", address: "blue.${domain}.", port: 8001 },
      green: { stack: "green", address: "green.${domain}.", port: 8002 },
    },
    live: {
      zone: "zonefile://${root}/zone", name: "www.${domain}", value: "${color.address}",
      stack: "${base}/${color.stack}",
    },
    defaults: { attempts: 5, backOff: "1s" },
    steps: [
      { id: "deploy-b", uses: "stack.deploy",
        with: { stack: "${base}/${to.stack}", port: "${to.port}",
          environment: { TOKEN: "${secret:env:TOKEN}", SIDE: "${to}" } } },
      { id: "notice", uses: "dns.point", timeLimit: "10m", onFailure: "rollback",
        with: { zone: "zonefile://${root}/zone", name: "${domain}", cname: "notice.${domain}",
          ttl: "${ttl}", force: "${strict}" } },
      { id: "copy", uses: "tables.copy", attempts: 1,
        with: { pairs: [ { from: "sqlite://${root}/${from.stack}.db#users",
          to: "sqlite://${root}/${to.stack}.db#users" } ] } },
      { id: "check", uses: "http.call", after: ["deploy-b"],
        with: { url: "http://${steps.deploy-b.outputs.address}/$${x}", body: { a: ["${ttl}"] } } },
      { id: "approve", uses: "gate.approval", after: ["copy", "check"], with: { role: "lead" } },
      { id: "switch", uses: "dns.point", promotes: true, title: "Go live",
        with: { zone: "rfc2136://ns/zone?key=${secret:file:/k}", name: "${domain}",
          cname: "${steps.deploy-b.outputs.address}", ttl: 30 } },
      { id: "destroy-a", uses: "stack.destroy",
        with: { stack: "${base}/${from.stack}", approval: "approve" } },
    ],
  }
  """#
