using System.Text.Json.Nodes;
using Gantry.Maas;
using Microsoft.AspNetCore.Http;

namespace Gantry.Hostile;

/// <summary>What a console in foreign hands tries against the data centre behind its gateway.</summary>
public static class ConsoleAttacks
{
    public static IReadOnlyList<Attack<HostileConsole>> All { get; } =
    [
        new("MAAS key through a proxy of the console's", ThroughAProxyAsync),
        new("MAAS key to another address", (console, stop) => MovedAsync(console, Elsewhere(console), stop)),
        new("MAAS key past another CA", (console, stop) => MovedAsync(console, OtherCa(console), stop)),
        new("MAAS key passed off as one of version 0.1", (console, stop) => MovedAsync(console, AsEarlier(console), stop)),
        new("MAAS key tried at another address", TriedElsewhereAsync),
        new("Redirect of a poll", RedirectAsync),
        new("Answer that is no desired state", (console, stop) => UnusableAsync(console, NoDesiredState, stop)),
        new("Answer with holes", (console, stop) => UnusableAsync(console, Holes, stop)),
        new("Desired state that breaks its rules", BrokenRulesAsync),
        new("Kubeconfig in a name of Kubernetes' own", (console, stop) => KubeconfigAsync(console, "system:masters", stop)),
        new("Kubeconfig in a name with line ends", (console, stop) => KubeconfigAsync(console, "ada\nusers: []", stop)),
        new("Question without an end", EndlessQuestionAsync),
        new("Flood of questions", FloodAsync),
    ];

    private static async Task<string?> ThroughAProxyAsync(HostileConsole console, CancellationToken cancellationToken)
    {
        var account = console.Account;
        account["proxy"] = console.Thief.Url.AbsoluteUri;
        await ValidateAsync(console, account, cancellationToken);
        return Stolen(console);
    }

    // Offered as the account of its clusters and as one to try: both lead to a client of MAAS.
    private static async Task<string?> MovedAsync(HostileConsole console, JsonObject account, CancellationToken cancellationToken)
    {
        var reached = console.Maas.Requests.Count;
        var tried = await ValidateAsync(console, account.DeepClone().AsObject(), cancellationToken);
        await console.OfferAsync(new JsonObject { ["accounts"] = new JsonArray(account) }, cancellationToken);
        var used = await console.AskAsync(new JsonObject { ["kind"] = "listProperties", ["account"] = "lab" }, cancellationToken);
        await console.OfferAsync(new JsonObject { ["accounts"] = new JsonArray(console.Account) }, cancellationToken);
        return Stolen(console)
            ?? (tried["error"] is null || used["error"] is null ? "the key was used with another destination" : null)
            ?? (
                console.Maas.Requests.Count > reached
                    ? "the key was sent to its region past the certificates it was entered with"
                    : null
            );
    }

    private static async Task<string?> TriedElsewhereAsync(HostileConsole console, CancellationToken cancellationToken)
    {
        var account = console.Account;
        account["endpoint"] = Elsewhere(console)["endpoint"]!.DeepClone();
        account["id"] = "another";
        var answer = await ValidateAsync(console, account, cancellationToken);
        return Stolen(console) ?? (answer["error"] is null ? "the key was accepted for another address" : null);
    }

    private static async Task<string?> RedirectAsync(HostileConsole console, CancellationToken cancellationToken)
    {
        await console.OfferAsync(
            context =>
            {
                context.Response.Redirect(
                    new Uri(console.Thief.Url, "gateway/v1/desired").AbsoluteUri,
                    permanent: false,
                    preserveMethod: true
                );
                return Task.CompletedTask;
            },
            cancellationToken
        );
        return Stolen(console);
    }

    private static async Task<string?> UnusableAsync(
        HostileConsole console,
        IEnumerable<string> bodies,
        CancellationToken cancellationToken
    )
    {
        foreach (var body in bodies)
        {
            if (await console.OfferTextAsync(body, cancellationToken))
            {
                return $"the gateway took over {body[..Math.Min(body.Length, 80)]}";
            }
        }

        return null;
    }

    private static async Task<string?> BrokenRulesAsync(HostileConsole console, CancellationToken cancellationToken)
    {
        foreach (var (what, change) in RuleBreakers)
        {
            var cluster = Cluster();
            change(cluster);
            if (await console.OfferAsync(new JsonObject { ["clusters"] = new JsonArray(cluster) }, cancellationToken))
            {
                return $"the gateway took over a cluster with {what}";
            }
        }

        return null;
    }

    private static async Task<string?> KubeconfigAsync(HostileConsole console, string user, CancellationToken cancellationToken)
    {
        var answer = await console.AskAsync(
            new JsonObject
            {
                ["kind"] = "issueKubeconfig",
                ["cluster"] = "c1",
                ["user"] = user,
                ["validity"] = "3650.00:00:00",
            },
            cancellationToken
        );
        return answer["error"]?["code"]?.GetValue<string>() is "Invalid" ? null : $"answered with {answer.ToJsonString()}";
    }

    private static async Task<string?> EndlessQuestionAsync(HostileConsole console, CancellationToken cancellationToken)
    {
        var answer = await console.AskAsync(
            new JsonObject
            {
                ["kind"] = "whatIf",
                ["cluster"] = Cluster(),
                ["count"] = int.MaxValue,
            },
            cancellationToken
        );
        return answer["error"]?["code"]?.GetValue<string>() is "Invalid" ? null : $"answered with {answer.ToJsonString()}";
    }

    // Answered questions make room while the rest of the flood is still looked at.
    private const int MostCallsOfAFlood = 1000;

    private static async Task<string?> FloodAsync(HostileConsole console, CancellationToken cancellationToken)
    {
        var reached = console.Maas.Requests.Count;
        var questions = Enumerable
            .Range(0, 5000)
            .Select(number =>
                (JsonNode)
                    new JsonObject
                    {
                        ["kind"] = "validateAccount",
                        ["id"] = $"flood-{number}",
                        ["account"] = console.Account,
                    }
            );
        await console.OfferAsync(new JsonObject { ["asks"] = new JsonArray([.. questions]) }, cancellationToken);
        var calls = console.Maas.Requests.Count - reached;
        return calls > MostCallsOfAFlood ? $"one poll made the gateway call MAAS {calls} times" : null;
    }

    private static Task<JsonObject> ValidateAsync(
        HostileConsole console,
        JsonObject account,
        CancellationToken cancellationToken
    ) => console.AskAsync(new JsonObject { ["kind"] = "validateAccount", ["account"] = account }, cancellationToken);

    private static string? Stolen(HostileConsole console) =>
        console.Thief.Requests.TryPeek(out var request) ? $"the thief was sent {request}" : null;

    private static JsonObject Elsewhere(HostileConsole console)
    {
        var account = console.Account;
        account["endpoint"] = MaasEndpoint.Parse(console.Thief.Url.AbsoluteUri).ToString();
        return account;
    }

    private static JsonObject OtherCa(HostileConsole console)
    {
        var account = console.Account;
        account["caPem"] = console.CaPem;
        return account;
    }

    private static JsonObject AsEarlier(HostileConsole console)
    {
        var account = Elsewhere(console);
        account["caPem"] = null;
        account["key"]!["box"] = account["key"]!["box"]!.GetValue<string>()["v2:".Length..];
        return account;
    }

    private static IEnumerable<string> NoDesiredState =>
        [
            "",
            "null",
            "[]",
            "42",
            "<html>not found</html>",
            "{",
            new string('[', 100_000),
            """{"revision":"eleven"}""",
            """{"revision":11}""",
            """{"revision":1e400,"clusters":[],"accounts":[],"removedClusters":[],"removedAccounts":[],"asks":[]}""",
        ];

    private static IEnumerable<string> Holes =>
        [
            .. new[]
            {
                "\"clusters\":[null]",
                "\"clusters\":null",
                "\"clusters\":[{}]",
                "\"accounts\":[null]",
                "\"accounts\":[{\"id\":\"a\"}]",
                "\"accounts\":[{\"id\":\"a\",\"name\":\"a\",\"endpoint\":\"http://maas\",\"key\":null}]",
                "\"removedClusters\":[null]",
                "\"removedAccounts\":[7]",
                "\"asks\":[null]",
                "\"asks\":[{}]",
                "\"asks\":[{\"kind\":\"noSuchThing\",\"id\":\"x\"}]",
                "\"asks\":[{\"kind\":\"listQuarantine\",\"id\":null}]",
                "\"asks\":[{\"kind\":\"listQuarantine\"}]",
                "\"asks\":[{\"kind\":\"validateAccount\",\"id\":\"x\",\"account\":null}]",
            }.Select(hole =>
            {
                var members = new[] { "clusters", "accounts", "removedClusters", "removedAccounts", "asks" }
                    .Where(member => !hole.StartsWith($"\"{member}\"", StringComparison.Ordinal))
                    .Select(member => $"\"{member}\":[]");
                return $"{{\"revision\":99,\"epoch\":\"hostile\",{hole},{string.Join(',', members)}}}";
            }),
        ];

    private static IReadOnlyList<(string What, Action<JsonObject> Change)> RuleBreakers { get; } =
    [
        ("no pools", cluster => cluster["pools"] = new JsonArray()),
        ("two control planes", cluster => cluster["pools"]!.AsArray().Add(Pool("other", "ControlPlane", 1))),
        ("a role that does not exist", cluster => cluster["pools"]![1]!["role"] = 7),
        ("two pools of one name", cluster => cluster["pools"]!.AsArray().Add(Pool("workers", "Worker", 1))),
        ("two billion machines", cluster => cluster["pools"]![1]!["size"] = int.MaxValue),
        ("less than no machine", cluster => cluster["pools"]![1]!["size"] = -1),
        ("no control plane", cluster => cluster["pools"]![0]!["size"] = 0),
        ("a name that is no name", cluster => cluster["name"] = "Web; reboot"),
        (
            "a deletion at the end of the calendar",
            cluster => cluster["deletion"] = new JsonObject { ["requestedAt"] = "9999-12-31T23:59:59Z" }
        ),
        ("an endless wait", cluster => cluster["drainTimeout"] = "10675199.02:48:05.4775807"),
        ("an id that is a path", cluster => cluster["id"] = "../../etc"),
    ];

    private static JsonObject Cluster() =>
        new()
        {
            ["id"] = "c1",
            ["name"] = "web",
            ["account"] = "lab",
            ["createdAt"] = "2026-11-01T08:00:00Z",
            ["kubernetesVersion"] = "1.33.4",
            ["image"] = "ubuntu/noble",
            ["endpoint"] = new JsonObject { ["kind"] = "given", ["host"] = "10.0.0.100" },
            ["pools"] = new JsonArray(Pool("cp", "ControlPlane", 1), Pool("workers", "Worker", 1)),
        };

    private static JsonObject Pool(string name, string role, int size) =>
        new()
        {
            ["name"] = name,
            ["role"] = role,
            ["size"] = size,
        };
}
