using System.Buffers.Text;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Gantry.Clusters.Model;
using Gantry.Protocol;

namespace Gantry.Hostile;

/// <summary>What a gateway in foreign hands tries against the console, other gateways' clusters, and people.</summary>
public static class GatewayAttacks
{
    private const string Hidden = "\e]52;c;cm0gLXJmIH4=\a\e[2J\u202Emoc";

    public static IReadOnlyList<Attack<HostileGateway>> All { get; } =
    [
        new("Token used twice", UsedTwiceAsync),
        new("Token for another request or body", ForAnotherAsync),
        new("Token without a signature or of another key", ForgedAsync),
        new("Token that is good for ever", ForEverAsync),
        new("Token of another gateway", OfAnotherAsync),
        new("Body without an end", EndlessBodyAsync),
        new("Report with holes", HolesAsync),
        new("Report about another gateway's cluster", ForeignClusterAsync),
        new("End of a cluster that nobody deleted", UnaskedEndAsync),
        new("Escape sequences for the terminals of people", EscapesAsync),
        new("Kubeconfig with a program to run", (gateway, stop) => KubeconfigAsync(gateway, WithAProgram, stop)),
        new("Kubeconfig for another server", (gateway, stop) => KubeconfigAsync(gateway, ForAnotherServer, stop)),
        new("Answer that is none", NoAnswerAsync),
    ];

    private static async Task<string?> UsedTwiceAsync(HostileGateway gateway, CancellationToken cancellationToken)
    {
        var body = "{}"u8.ToArray();
        var token = gateway.TokenFor(GatewayPaths.Desired, body);
        using var first = await gateway.SendAsync(GatewayPaths.Desired, body, token, cancellationToken);
        using var second = await gateway.SendAsync(GatewayPaths.Desired, body, token, cancellationToken);
        return Refused(second, HttpStatusCode.Unauthorized);
    }

    private static async Task<string?> ForAnotherAsync(HostileGateway gateway, CancellationToken cancellationToken)
    {
        var body = """{"statuses":[],"events":[]}"""u8.ToArray();
        using var otherBody = await gateway.SendAsync(
            GatewayPaths.Status,
            body,
            gateway.TokenFor(GatewayPaths.Status, "{}"u8.ToArray()),
            cancellationToken
        );
        using var otherPath = await gateway.SendAsync(
            GatewayPaths.Status,
            body,
            gateway.TokenFor(GatewayPaths.Answers, body),
            cancellationToken
        );
        return Refused(otherBody, HttpStatusCode.Unauthorized) ?? Refused(otherPath, HttpStatusCode.Unauthorized);
    }

    private static async Task<string?> ForgedAsync(HostileGateway gateway, CancellationToken cancellationToken)
    {
        var body = """{"statuses":[],"events":[]}"""u8.ToArray();
        var good = gateway.TokenFor(GatewayPaths.Status, body).Split('.');
        using var other = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        string?[] tokens =
        [
            null,
            "",
            "a.b.c",
            $"{Encode("""{"alg":"none","typ":"JWT"}""")}.{good[1]}.",
            $"{good[0]}.{good[1]}.",
            GatewayToken.Sign(other, gateway.Uid, "POST", GatewayPaths.Status, body, TimeProvider.System.GetUtcNow()),
        ];
        foreach (var token in tokens)
        {
            using var answer = await gateway.SendAsync(GatewayPaths.Status, body, token, cancellationToken);
            if (Refused(answer, HttpStatusCode.Unauthorized) is { } through)
            {
                return through;
            }
        }

        return null;
    }

    private static async Task<string?> ForEverAsync(HostileGateway gateway, CancellationToken cancellationToken)
    {
        var now = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();
        (long Issued, long Expires)[] spans = [(now, now + 31_536_000), (long.MinValue, now + 50), (-1000, long.MaxValue - 100)];
        foreach (var (issued, expires) in spans)
        {
            var claims = new JsonObject
            {
                ["sub"] = gateway.Uid,
                ["iat"] = issued,
                ["exp"] = expires,
                ["jti"] = "x",
                ["htm"] = "POST",
                ["htu"] = GatewayPaths.Status,
                ["bh"] = GatewayToken.HashOf([]),
            };
            var signed = $"{Encode("""{"alg":"ES256","typ":"JWT"}""")}.{Encode(claims.ToJsonString())}";
            var signature = gateway.Signing.SignData(Encoding.ASCII.GetBytes(signed), HashAlgorithmName.SHA256);
            using var answer = await gateway.SendAsync(
                GatewayPaths.Status,
                [],
                $"{signed}.{Base64Url.EncodeToString(signature)}",
                cancellationToken
            );
            if (Refused(answer, HttpStatusCode.Unauthorized) is { } through)
            {
                return through;
            }
        }

        return null;
    }

    private static async Task<string?> OfAnotherAsync(HostileGateway gateway, CancellationToken cancellationToken)
    {
        var body = "{}"u8.ToArray();
        var token = GatewayToken.Sign(
            gateway.Signing,
            "another-gateway",
            "POST",
            GatewayPaths.Desired,
            body,
            TimeProvider.System.GetUtcNow()
        );
        using var answer = await gateway.SendAsync(GatewayPaths.Desired, body, token, cancellationToken);
        return Refused(answer, HttpStatusCode.Unauthorized);
    }

    private static async Task<string?> EndlessBodyAsync(HostileGateway gateway, CancellationToken cancellationToken)
    {
        var body = new byte[9 * 1024 * 1024];
        Array.Fill(body, (byte)' ');
        foreach (var path in new[] { GatewayPaths.Pair, GatewayPaths.Desired, GatewayPaths.Status, GatewayPaths.Answers })
        {
            try
            {
                using var answer = await gateway.SendAsync(path, body, cancellationToken);
                if (Refused(answer, HttpStatusCode.RequestEntityTooLarge) is { } through)
                {
                    return through;
                }
            }
            catch (HttpRequestException)
            {
                // The console closed the connection while the body was still being sent.
            }
        }

        return null;
    }

    private static async Task<string?> HolesAsync(HostileGateway gateway, CancellationToken cancellationToken)
    {
        string[] bodies =
        [
            "",
            "null",
            "[]",
            "{",
            "{}",
            """{"statuses":[null],"events":[]}""",
            """{"statuses":[{}],"events":[]}""",
            """{"statuses":[],"events":[{"id":null}]}""",
            """{"statuses":[{"id":7}],"events":[]}""",
            """{"statuses":[{"id":"a","observedGeneration":1,"phase":"Running","machines":null}],"events":[]}""",
            new string('[', 100_000),
        ];
        foreach (var body in bodies)
        {
            foreach (var path in new[] { GatewayPaths.Status, GatewayPaths.Answers, GatewayPaths.Desired })
            {
                using var answer = await gateway.SendAsync(path, Encoding.UTF8.GetBytes(body), cancellationToken);
                if ((int)answer.StatusCode is not (>= 400 and < 500) && !(path == GatewayPaths.Answers && body is "[]"))
                {
                    return $"{path} answered {(int)answer.StatusCode} to {body[..Math.Min(60, body.Length)]}";
                }
            }
        }

        return null;
    }

    private static async Task<string?> ForeignClusterAsync(HostileGateway gateway, CancellationToken cancellationToken)
    {
        if (gateway is not { People: { } people, ForeignCluster: { } cluster })
        {
            return null;
        }

        var before = await StateAsync(people, cluster, cancellationToken);
        using var _ = await gateway.SendAsync(
            GatewayPaths.Status,
            Report(cluster, ClusterPhase.Deleting, "mine"),
            cancellationToken
        );
        var after = await StateAsync(people, cluster, cancellationToken);
        return before == after ? null : $"the foreign cluster is {after} now";
    }

    private static async Task<string?> UnaskedEndAsync(HostileGateway gateway, CancellationToken cancellationToken)
    {
        if (gateway is not { People: { } people, Cluster: { } cluster })
        {
            return null;
        }

        using var _ = await gateway.SendAsync(
            GatewayPaths.Status,
            Report(cluster, ClusterPhase.Deleted, "gone"),
            cancellationToken
        );
        using var answer = await people.GetAsync($"/v1/spectroclusters/{cluster}", cancellationToken);
        using var again = await gateway.SendAsync(
            GatewayPaths.Status,
            Report(cluster, ClusterPhase.Running, ""),
            cancellationToken
        );
        return answer.IsSuccessStatusCode ? null : "the console forgot the cluster";
    }

    private static async Task<string?> EscapesAsync(HostileGateway gateway, CancellationToken cancellationToken)
    {
        if (gateway is not { People: { } people, Cluster: { } cluster })
        {
            return null;
        }

        using var _ = await gateway.SendAsync(
            GatewayPaths.Status,
            Report(cluster, ClusterPhase.Running, Hidden),
            cancellationToken
        );
        foreach (
            var path in new[]
            {
                $"/v1/spectroclusters/{cluster}",
                $"/v1/spectroclusters/{cluster}/progress",
                $"/v1/events/components/spectrocluster/{cluster}",
            }
        )
        {
            var text = await people.GetStringAsync(path, cancellationToken);
            var shown = Texts(JsonNode.Parse(text)).FirstOrDefault(one => one.Contains('\e') || one.Contains('\u202E'));
            if (shown is not null)
            {
                return $"{path} shows an escape sequence";
            }
        }

        return null;
    }

    private static async Task<string?> KubeconfigAsync(
        HostileGateway gateway,
        Func<JsonObject, string> kubeconfig,
        CancellationToken cancellationToken
    )
    {
        if (gateway is not { People: { } people, Cluster: { } cluster })
        {
            return null;
        }

        using var _ = await gateway.SendAsync(GatewayPaths.Status, Report(cluster, ClusterPhase.Running, ""), cancellationToken);
        using var answer = await gateway.WhileAnsweringAsync(
            people.GetAsync($"/v1/spectroclusters/{cluster}/assets/adminKubeconfig", cancellationToken),
            request => new JsonObject { ["yaml"] = kubeconfig(request), ["expiresAt"] = "2030-01-01T00:00:00Z" },
            cancellationToken
        );
        return answer.IsSuccessStatusCode ? "the person was given the kubeconfig" : null;
    }

    private static async Task<string?> NoAnswerAsync(HostileGateway gateway, CancellationToken cancellationToken)
    {
        if (gateway is not { People: { } people, Cluster: { } cluster })
        {
            return null;
        }

        using var _ = await gateway.SendAsync(GatewayPaths.Status, Report(cluster, ClusterPhase.Running, ""), cancellationToken);
        foreach (
            var result in new JsonNode[]
            {
                "text",
                7,
                new JsonArray(),
                new JsonObject(),
                new JsonObject { ["yaml"] = null },
            }
        )
        {
            using var answer = await gateway.WhileAnsweringAsync(
                people.GetAsync($"/v1/spectroclusters/{cluster}/assets/adminKubeconfig", cancellationToken),
                _ => result.DeepClone(),
                cancellationToken
            );
            if (answer.StatusCode is not HttpStatusCode.FailedDependency)
            {
                return $"the console answered {(int)answer.StatusCode}";
            }
        }

        return null;
    }

    private static string WithAProgram(JsonObject request)
    {
        var user = request["user"]!.GetValue<string>();
        return $$"""
            apiVersion: v1
            kind: Config
            clusters:
            - name: demo
              cluster: {server: "https://10.0.0.10:6443"}
            contexts:
            - name: demo
              context: {cluster: demo, user: "{{user}}"}
            current-context: demo
            users:
            - name: "{{user}}"
              user:
                exec: {apiVersion: client.authentication.k8s.io/v1, command: sh, args: ["-c", "id > /tmp/owned"]}

            """;
    }

    private static string ForAnotherServer(JsonObject request)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var now = TimeProvider.System.GetUtcNow();
        using var certificate = new System.Security.Cryptography.X509Certificates.CertificateRequest(
            "CN=thief",
            key,
            HashAlgorithmName.SHA256
        ).CreateSelfSigned(now, now.AddDays(1));
        var pem = certificate.ExportCertificatePem();
        return new Kubeconfig(
            "demo",
            "https://10.66.66.66:6443",
            pem,
            request["user"]!.GetValue<string>(),
            pem,
            key.ExportPkcs8PrivateKeyPem()
        ).ToYaml();
    }

    private static StatusReport Report(string cluster, ClusterPhase phase, string text) =>
        new(
            [
                new ClusterStatus
                {
                    Id = new ClusterId(cluster),
                    ObservedGeneration = 1,
                    Phase = phase,
                    Message = text,
                    Endpoint = new ApiEndpoint("10.0.0.10", 6443),
                    Machines =
                    [
                        new MachineStatus
                        {
                            SystemId = new SystemId("abc123"),
                            Hostname = "node" + text,
                            Pool = DnsLabel.Parse("cp"),
                            Role = PoolRole.ControlPlane,
                            State = "Ready" + text,
                            Stage = text,
                        },
                    ],
                    Conditions = [new ClusterCondition("Ready", ConditionStatus.False, "Because" + text, text, default)],
                    ReportedAt = TimeProvider.System.GetUtcNow(),
                },
            ],
            [
                new ClusterEvent(
                    Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8)),
                    new ClusterId(cluster),
                    null,
                    EventSeverity.Info,
                    "Because" + text,
                    text,
                    TimeProvider.System.GetUtcNow()
                ),
            ]
        );

    private static async Task<string?> StateAsync(HttpClient people, string cluster, CancellationToken cancellationToken) =>
        JsonNode.Parse(await people.GetStringAsync($"/v1/spectroclusters/{cluster}", cancellationToken))!["status"]![
            "state"
        ]!.GetValue<string>();

    private static IEnumerable<string> Texts(JsonNode? node) =>
        node switch
        {
            JsonObject members => members.SelectMany(member => Texts(member.Value).Append(member.Key)),
            JsonArray items => items.SelectMany(Texts),
            JsonValue value when value.TryGetValue<string>(out var text) => [text],
            _ => [],
        };

    private static string? Refused(HttpResponseMessage answer, HttpStatusCode expected) =>
        answer.StatusCode == expected
            ? null
            : $"{answer.RequestMessage?.RequestUri?.AbsolutePath} answered {(int)answer.StatusCode}";

    private static string Encode(string text) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(text));
}
