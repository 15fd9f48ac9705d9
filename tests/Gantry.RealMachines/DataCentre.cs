using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Gantry.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.Logging;

namespace Gantry.RealMachines;

/// <summary>An event that cloud-init has sent to MAAS.</summary>
internal sealed record CloudInitEvent(string Type, string Name, string Description, string? Result);

/// <summary>
/// What machines reach over the network: MAAS's metadata and status addresses, the state behind the API servers, and, where the
/// test wants one, the API server of a cluster that is there already. One bridge of the host connects all machines; nothing leads
/// out.
/// </summary>
internal sealed class DataCentre : IAsyncDisposable
{
    public const string Address = "10.213.77.1";
    public const string Bridge = "gantryrm0";

    /// <summary>The bridge of the second network, for machines that have two.</summary>
    public const string SecondBridge = "gantryrm1";

    public const string SecondAddress = "10.213.78.1";
    public const string SecondSubnet = "10.213.78.0/24";

    /// <summary>Free for a virtual IP in the second network.</summary>
    public const string SecondVirtualIp = "10.213.78.100";

    /// <summary>Free for a virtual IP.</summary>
    public const string VirtualIp = "10.213.77.100";

    public const int ApiPort = 6443;
    private const int MaasPort = 5240;
    private const int ControlPort = 9980;

    private readonly ConcurrentDictionary<string, RealMachine> _machines = new(StringComparer.Ordinal);
    private readonly ConcurrentQueue<(string Machine, CloudInitEvent Event)> _events = new();
    private readonly X509Certificate2 _authority;
    private readonly WebApplication _web;

    private DataCentre(X509Certificate2 authority, X509Certificate2? server)
    {
        _authority = authority;
        Cluster = new ClusterState(authority);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(IPAddress.Parse(Address), MaasPort);
            kestrel.Listen(IPAddress.Parse(Address), ControlPort);
            if (server is not null)
            {
                kestrel.Listen(
                    IPAddress.Parse(Address),
                    ApiPort,
                    listener =>
                        listener.UseHttps(https =>
                        {
                            https.ServerCertificate = server;
                            https.ClientCertificateMode = ClientCertificateMode.AllowCertificate;
                            https.ClientCertificateValidation = (certificate, _, _) => IsOurs(certificate);
                        })
                );
            }
        });
        _web = builder.Build();
        _web.Run(context =>
            context.Connection.LocalPort switch
            {
                MaasPort => ServeMaasAsync(context),
                ApiPort => ServeApiAsync(context, context.Request.Path, UserOf(context)),
                _ => ServeControlAsync(context),
            }
        );
    }

    public ClusterState Cluster { get; }

    public Phases Phases { get; } = new();

    public static string Maas => $"http://{Address}:{MaasPort}/MAAS/metadata/";

    public static string Control => $"http://{Address}:{ControlPort}";

    /// <summary>The values of <c>controlPlaneEndpoint</c> that a joining machine reads.</summary>
    public string Endpoint { get; set; } = $"{Address}:{ApiPort}";

    /// <param name="authority">The authority of the cluster with its key.</param>
    /// <param name="hasApiServer">A control plane answers at <see cref="Address"/>.</param>
    public static async Task<DataCentre> StartAsync(X509Certificate2 authority, bool hasApiServer)
    {
        foreach (var (bridge, address) in new[] { (Bridge, Address), (SecondBridge, SecondAddress) })
        {
            await Host.RunAsync(
                "sh",
                "-c",
                $"ip link show {bridge} >/dev/null 2>&1 || ip link add {bridge} type bridge; ip address replace {address}/24 dev {bridge};"
                    + $" ip link set {bridge} up"
            );
        }

        var centre = new DataCentre(authority, hasApiServer ? Certificates.Server(authority, Address) : null);
        if (hasApiServer)
        {
            centre.Cluster.Stand($"https://{Address}:2380");
        }

        await centre._web.StartAsync(TestContext.Current.CancellationToken);
        return centre;
    }

    /// <summary>Puts an image on the machine's disk and starts it, as MAAS does when it deploys.</summary>
    public async Task<RealMachine> DeployAsync(
        string name,
        int host,
        string version,
        string userData,
        bool hasTwoNetworks = false
    )
    {
        var second = hasTwoNetworks ? $"10.213.78.{host}" : null;
        var machine = await RealMachine.InstallAsync(name, $"10.213.77.{host}", version, userData, second);
        _machines[name] = machine;
        machine.PowerOn();
        return machine;
    }

    public IReadOnlyList<CloudInitEvent> Events(string machine) =>
        [.. _events.Where(sent => sent.Machine == machine).Select(sent => sent.Event)];

    public async ValueTask DisposeAsync()
    {
        foreach (var machine in _machines.Values)
        {
            await machine.DisposeAsync();
        }

        await _web.DisposeAsync();
        await Host.RunAsync("ip", "link", "delete", Bridge);
        await Host.RunAsync("ip", "link", "delete", SecondBridge);
    }

    private async Task ServeMaasAsync(HttpContext context)
    {
        var path = context.Request.Path.Value!;
        if (path.StartsWith("/MAAS/metadata/status/", StringComparison.Ordinal))
        {
            using var sent = await JsonDocument.ParseAsync(context.Request.Body, default, context.RequestAborted);
            string? Text(string name) => sent.RootElement.TryGetProperty(name, out var value) ? value.GetString() : null;
            _events.Enqueue(
                (
                    path.Split('/')[^1],
                    new CloudInitEvent(Text("event_type")!, Text("name")!, Text("description")!, Text("result"))
                )
            );
            return;
        }

        // As MAAS does, by the OAuth token that the machine was given.
        var machine = _machines.Values.FirstOrDefault(machine =>
            context.Request.Headers.Authorization.ToString().Contains($"oauth_token=\"{machine.Name}\"", StringComparison.Ordinal)
        );
        var answer = path["/MAAS/metadata/2012-03-01/".Length..] switch
        {
            _ when machine is null => null,
            "meta-data/instance-id" => machine.Name,
            "meta-data/local-hostname" => machine.Name,
            "user-data" => machine.UserData,
            _ => null,
        };
        context.Response.StatusCode = answer is null ? StatusCodes.Status404NotFound : StatusCodes.Status200OK;
        await context.Response.WriteAsync(answer ?? "", context.RequestAborted);
    }

    private async Task ServeControlAsync(HttpContext context)
    {
        if (context.Request.Path == "/phase")
        {
            using var asked = await JsonDocument.ParseAsync(context.Request.Body, default, context.RequestAborted);
            string Text(string name) => asked.RootElement.GetProperty(name).GetString()!;
            var phase = new Phase(Text("machine"), Text("program"), Text("phase"));
            var fails = await Phases.BeginAsync(phase, context.RequestAborted);
            await context.Response.WriteAsJsonAsync(new { fails }, context.RequestAborted);
        }
        else if (context.Request.Path.StartsWithSegments("/etcd-begins", StringComparison.Ordinal, out var machine))
        {
            Cluster.BeginEtcd(machine.Value!.TrimStart('/'));
            await context.Response.WriteAsJsonAsync(new { }, context.RequestAborted);
        }
        else if (context.Request.Path.StartsWithSegments("/cluster", StringComparison.Ordinal, out var path))
        {
            await ServeApiAsync(context, path, context.Request.Headers["X-User"].FirstOrDefault() ?? UserOf(context));
        }
        else
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
        }
    }

    private async Task ServeApiAsync(HttpContext context, string path, string? user)
    {
        var aborted = context.RequestAborted;
        if (path is "/livez" or "/readyz" or "/healthz" or "/version")
        {
            await context.Response.WriteAsync("ok", aborted);
            return;
        }

        var body =
            context.Request.ContentLength > 0 ? await JsonDocument.ParseAsync(context.Request.Body, default, aborted) : null;
        var (status, answer) = Answer(context.Request.Method, path.Split('/')[1..], body?.RootElement ?? default, user);
        context.Response.StatusCode = status;
        await (
            answer is string text
                ? context.Response.WriteAsync(text, aborted)
                : context.Response.WriteAsJsonAsync(answer, aborted)
        );
    }

    private (int Status, object Answer) Answer(string method, string[] path, JsonElement body, string? user)
    {
        var admin = Cluster.IsAdmin(user);
        switch (method, path)
        {
            case ("GET", ["api", _, _, "kube-public", _, "cluster-info"]):
                return (200, new { data = ClusterInfo() });
            case var _ when user is null:
                return (401, "Unauthorized");
            case ("GET", ["api", _, _, "kube-system", _, "kubeadm-config"]):
                return (200, new { controlPlaneEndpoint = Endpoint });
            case ("GET", ["nodes", var name]):
                return Cluster.Nodes.ContainsKey(name)
                    ? (200, new { name, ready = Cluster.IsReady(name) })
                    : (404, $"nodes \"{name}\" not found");
            case ("POST", ["nodes", var name]) when user == $"system:node:{name}":
                Cluster.Report(name, body.GetProperty("labels").Deserialize<Dictionary<string, string>>()!);
                return (200, new { });
            case ("POST", ["certificatesigningrequests"]) when user.StartsWith("system:bootstrap:", StringComparison.Ordinal):
                return (200, new { certificate = Cluster.Sign(body.GetProperty("request").GetString()!) });
            case ("PATCH", ["nodes", var name]) when admin:
                var taints = body.GetProperty("taints").EnumerateArray().Select(taint => taint.GetProperty("key").GetString()!);
                return Cluster.Mark(name, [.. taints]) ? (200, new { }) : (404, $"nodes \"{name}\" not found");
            case ("POST", ["initialized"]) when admin:
                var member = body.GetProperty("member");
                Cluster.Members[member.GetProperty("name").GetString()!] = member.GetProperty("peer").GetString()!;
                Cluster.IsInitialized = true;
                return (200, new { });
            case ("POST", ["etcd", "members"]) when admin:
                Cluster.Members[body.GetProperty("name").GetString()!] = body.GetProperty("peer").GetString()!;
                return (200, new { });
            case ("GET", ["tokens"]) when admin:
                return (200, new { tokens = Cluster.Tokens.Keys });
            case ("POST", ["tokens"]) when admin:
                foreach (var token in body.GetProperty("tokens").EnumerateArray())
                {
                    Cluster.Tokens[token.GetString()!] = true;
                }

                return (200, new { });
            case ("POST", ["lease"]) when admin:
                return (200, new { leader = Cluster.Lead(body.GetProperty("holder").GetString()!) });
            default:
                return (403, $"{user} cannot {method} {string.Join('/', path)}");
        }
    }

    private Dictionary<string, string> ClusterInfo()
    {
        var data = Cluster.Tokens.Keys.ToDictionary(
            token => $"jws-kubeconfig-{token.Split('.')[0]}",
            _ => "signed",
            StringComparer.Ordinal
        );
        data["ca"] = _authority.ExportCertificatePem();
        return data;
    }

    private string? UserOf(HttpContext context)
    {
        var bearer = context.Request.Headers.Authorization.ToString().Replace("Bearer ", "", StringComparison.Ordinal);
        return context.Connection.ClientCertificate is { } certificate
                ? certificate.GetNameInfo(X509NameType.SimpleName, forIssuer: false)
            : Cluster.Knows(bearer) ? $"system:bootstrap:{bearer.Split('.')[0]}"
            : null;
    }

    private bool IsOurs(X509Certificate2 certificate)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.Add(_authority);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        return chain.Build(certificate);
    }
}
