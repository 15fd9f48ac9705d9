using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Gantry.Clusters.Model;
using Gantry.Maas;
using Gantry.Protocol;
using Gantry.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Gantry.Gateway.Tests.Doubles;

/// <summary>
/// A console reduced to its four gateway endpoints, over real HTTPS, that checks every token and can be set to fail.
/// </summary>
public sealed class ConsoleDouble : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly string _folder;
    private readonly ConsoleClock _clock = new();
    private readonly GatewayTokenVerifier _verifier;
    private PairRequest? _paired;

    private ConsoleDouble(WebApplication app, string folder)
    {
        _app = app;
        _folder = folder;
        _verifier = new GatewayTokenVerifier(_clock, new UsedTokensInMemory());
    }

    public Uri Url { get; private set; } = null!;

    public string CaFile => Path.Combine(_folder, "ca.pem");

    public string Code { get; set; } = "K7QP-2M4X";

    public PairRequest? Paired => _paired;

    /// <summary>The console's contract version; null omits the header.</summary>
    public int? Contract { get; set; } = ProtocolContract.Version;

    /// <summary>How far this console's clock is ahead.</summary>
    public TimeSpan Ahead
    {
        get => _clock.Ahead;
        set => _clock.Ahead = value;
    }

    /// <summary>Every path answers 503, like a proxy in front of a console that is down.</summary>
    public bool Down { get; set; }

    public bool Revoked { get; set; }

    public string? RefusedEvent { get; set; }

    public long Revision { get; private set; }

    public ConcurrentQueue<DesiredStateRequest> Polls { get; } = new();

    public ConcurrentQueue<ClusterEvent> Events { get; } = new();

    public ConcurrentDictionary<ClusterId, ClusterStatus> Statuses { get; } = new();

    public ConcurrentQueue<GatewayAnswer> Answers { get; } = new();

    private ConcurrentQueue<GatewayRequest> Requests { get; } = new();

    private List<(long Revision, DesiredState Change)> Changes { get; } = [];

    public static async Task<ConsoleDouble> StartAsync()
    {
        var folder = Directory.CreateTempSubdirectory("gantry-console-double-").FullName;
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=console double", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        var now = TimeProvider.System.GetUtcNow();
        using var made = request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
        var certificate = X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pfx), null);
        await File.WriteAllTextAsync(Path.Combine(folder, "ca.pem"), certificate.ExportCertificatePem());

        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder
            .WebHost.UseKestrelCore()
            .UseKestrelHttpsConfiguration()
            .ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => listen.UseHttps(certificate)));
        var app = builder.Build();
        var console = new ConsoleDouble(app, folder);
        app.Run(console.HandleAsync);
        await app.StartAsync(TestContext.Current.CancellationToken);
        console.Url = new Uri(
            app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First()
        );
        return console;
    }

    public void Want(params ClusterSpec[] clusters) => Change(Nothing with { Clusters = clusters });

    public void Give(params SealedAccount[] accounts) => Change(Nothing with { Accounts = accounts });

    public void Remove(ClusterId cluster) => Change(Nothing with { RemovedClusters = [cluster] });

    public void Put(GatewayRequest request) => Requests.Enqueue(request);

    /// <summary>An account as the console makes it: the key is sealed with its destination.</summary>
    public SealedAccount Seal(string name, string endpoint, string key, string? caPem = null)
    {
        var canonical = MaasEndpoint.Parse(endpoint).ToString();
        return new SealedAccount(
            new AccountId(name),
            name,
            endpoint,
            new KeyDestination(canonical, caPem).Seal(key, _paired!.SealingKey),
            caPem
        );
    }

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private static DesiredState Nothing { get; } = new(0, [], [], [], [], []);

    private void Change(DesiredState change)
    {
        lock (Changes)
        {
            Changes.Add((++Revision, change));
        }
    }

    private async Task HandleAsync(HttpContext context)
    {
        context.Response.Headers.Date = _clock.GetUtcNow().ToString("R");
        if (Contract is { } contract)
        {
            context.Response.Headers[ProtocolContract.Header] = $"{contract}";
        }

        using var buffer = new MemoryStream();
        await context.Request.Body.CopyToAsync(buffer);
        var body = buffer.ToArray();
        var path = context.Request.Path.Value!;
        if (Down)
        {
            context.Response.StatusCode = 503;
            await context.Response.WriteAsync("<html>no upstream</html>");
        }
        else if (path == GatewayPaths.Pair)
        {
            await PairAsync(context, Read<PairRequest>(body));
        }
        else if (await BlockerAsync(context, path, body) is { } refusal)
        {
            await ErrorAsync(context, 401, refusal.Code, refusal.Message);
        }
        else if (path == GatewayPaths.Desired)
        {
            await DesiredAsync(context, Read<DesiredStateRequest>(body));
        }
        else if (path == GatewayPaths.Status)
        {
            await StatusAsync(context, Read<StatusReport>(body));
        }
        else
        {
            Answers.Enqueue(Read<GatewayAnswer>(body));
            context.Response.StatusCode = 204;
        }
    }

    private async Task<(string Code, string Message)?> BlockerAsync(HttpContext context, string path, byte[] body)
    {
        var token = context.Request.Headers.Authorization.ToString()["Bearer ".Length..];
        return await _verifier.VerifyAsync(
            token,
            "POST",
            path,
            _ => ValueTask.FromResult(_paired?.SigningKey),
            CancellationToken.None
        ) switch
        {
            GatewayTokenVerdict.Refused refused => (refused.Code, refused.Message),
            GatewayTokenVerdict.Accepted accepted when !accepted.Covers(body) => ("OtherRequest", "Another body was signed."),
            _ when Revoked => ("GatewayRevoked", "Gateway 'rack' was deleted; pair it again."),
            _ => null,
        };
    }

    private async Task PairAsync(HttpContext context, PairRequest request)
    {
        if (request.Code != Code)
        {
            await ErrorAsync(
                context,
                401,
                "InvalidCredentials",
                "The pairing code was used at 12:00 already; take a new one from the console."
            );
            return;
        }

        _paired = request;
        Revoked = false;
        await WriteAsync(context, new PairResponse("gw-1", "rack", Fingerprint.Of(request.SigningKey)));
    }

    /// <summary>The epoch, which changes at each start of a console.</summary>
    public string Epoch { get; set; } = "first";

    private async Task DesiredAsync(HttpContext context, DesiredStateRequest request)
    {
        Polls.Enqueue(request);
        for (
            var round = 0;
            round < request.WaitSeconds * 50 && request.Since == Revision && Requests.IsEmpty && !Down && !Revoked;
            round++
        )
        {
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, context.RequestAborted);
        }

        List<GatewayRequest> requests = [];
        while (Requests.TryDequeue(out var waiting))
        {
            requests.Add(waiting);
        }

        DesiredState answer;
        lock (Changes)
        {
            var since = request.Epoch is null || request.Epoch == Epoch ? request.Since : 0;
            var news = Changes.Where(change => change.Revision > since).Select(change => change.Change).ToList();
            answer = new DesiredState(
                Revision,
                [.. news.SelectMany(change => change.Clusters)],
                [.. news.SelectMany(change => change.Accounts)],
                [.. news.SelectMany(change => change.RemovedClusters)],
                [],
                requests,
                Epoch
            );
        }

        await WriteAsync(context, answer);
    }

    private async Task StatusAsync(HttpContext context, StatusReport report)
    {
        if (report.Events.Any(happened => happened.Reason == RefusedEvent))
        {
            await ErrorAsync(context, 400, "ValidationFailed", "An event is not to this console's liking.");
            return;
        }

        foreach (var status in report.Statuses)
        {
            Statuses[status.Id] = status;
        }

        foreach (var happened in report.Events)
        {
            Events.Enqueue(happened);
        }

        context.Response.StatusCode = 204;
    }

    private static T Read<T>(byte[] body) => JsonSerializer.Deserialize<T>(body, ProtocolJson.Options)!;

    private static Task WriteAsync<T>(HttpContext context, T answer) =>
        context.Response.WriteAsJsonAsync(answer, ProtocolJson.Options);

    private static Task ErrorAsync(HttpContext context, int status, string code, string message)
    {
        context.Response.StatusCode = status;
        return context.Response.WriteAsJsonAsync(new { code, message });
    }

    private sealed class ConsoleClock : TimeProvider
    {
        public TimeSpan Ahead { get; set; }

        public override DateTimeOffset GetUtcNow() => System.GetUtcNow() + Ahead;
    }
}
