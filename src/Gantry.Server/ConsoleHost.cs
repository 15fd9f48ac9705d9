using System.Data.Common;
using System.Net;
using System.Runtime.CompilerServices;
using Gantry.Server.Api;
using Gantry.Server.Auth;
using Gantry.Server.Gateways;
using Gantry.Server.Security;
using Gantry.Server.Store;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging.Console;

namespace Gantry.Server;

/// <summary>A running console: its API over HTTPS, its store, its gateways' polls.</summary>
public sealed class ConsoleHost : IAsyncDisposable
{
    private readonly WebApplication _app;
    private int _disposed;

    private ConsoleHost(WebApplication app, Uri url, string caFile, Bootstrap? bootstrap)
    {
        _app = app;
        Url = url;
        CaFile = caFile;
        Bootstrap = bootstrap;
    }

    /// <summary>The console's base URL, without a trailing slash in its text: <c>https://127.0.0.1:8443</c>.</summary>
    public Uri Url { get; }

    /// <summary>The CA file (PEM) that clients have to trust.</summary>
    public string CaFile { get; }

    /// <summary>The first credentials; null on every later start.</summary>
    public Bootstrap? Bootstrap { get; }

    /// <summary>Returns once the console answers requests.</summary>
    /// <param name="store">Null keeps it in a file of the data folder.</param>
    /// <exception cref="ConsoleOptionsException">The options cannot work.</exception>
    /// <exception cref="IOException">The port is taken, or the data folder cannot be written.</exception>
    /// <exception cref="InvalidDataException">The store or a certificate cannot be read.</exception>
    public static Task<ConsoleHost> StartAsync(
        ConsoleOptions options,
        TimeProvider time,
        CancellationToken cancellationToken,
        StoreProvider? store = null
    ) => StartAsync(options, time, logs: null, cancellationToken, store);

    /// <summary>Starts with the caller's log; <c>null</c> writes warnings to standard error.</summary>
    /// <exception cref="ConsoleOptionsException">The options cannot work.</exception>
    /// <exception cref="IOException">The port is taken, or the data folder cannot be written.</exception>
    /// <exception cref="InvalidDataException">The store or a certificate cannot be read.</exception>
    public static async Task<ConsoleHost> StartAsync(
        ConsoleOptions options,
        TimeProvider time,
        ILoggerProvider? logs,
        CancellationToken cancellationToken,
        StoreProvider? store = null
    )
    {
        options.Validate();
        using var starting = LoggerFactory.Create(log => Configure(log, logs));
        var log = starting.CreateLogger("Gantry.Server");
        SecretFiles.EnsureFolder(options.DataFolder);
        store ??= SqliteStore.In(options.DataFolder);
        var sessionKey = SessionKey.Ensure(options.SessionKeyFile ?? SessionKey.FileIn(options.DataFolder));
        Tenancy tenancy;
        Bootstrap? bootstrap;
        try
        {
            await using var db = store.Open();
            await store.PrepareAsync(db, cancellationToken);
            var pending = (await db.Database.GetPendingMigrationsAsync(cancellationToken)).ToList();
            if (pending.Count > 0)
            {
                log.Migrating(pending.Count, pending[^1]);
            }

            (tenancy, bootstrap) = await FirstStart.EnsureAsync(db, options, time, cancellationToken);
        }
        catch (DbException unusable)
        {
            throw new InvalidDataException(
                $"{store.Description} cannot be used: {unusable.Message} Make room, or restore it from a backup.",
                unusable
            );
        }

        var started = new StrongBox<bool>();
        var built = Build(options, store, (tenancy, sessionKey), time, logs, started);
        try
        {
            await built.StartAsync(cancellationToken);
            started.Value = true;
        }
        catch
        {
            await built.DisposeAsync();
            throw;
        }

        var url = options.PublicUrl ?? ReachableUrl(built);
        var caFile = options.CertificateFile is null
            ? ConsoleCertificates.CaFile(options.DataFolder)
            : options.CaFile ?? options.CertificateFile;
        log.Started(ServerLog.Version, url, string.Join(", ", Addresses(built)), options.DataFolder, store.Description);
        return new ConsoleHost(built, url, caFile, bootstrap);
    }

    /// <summary>Creates a pairing code for one gateway.</summary>
    public async Task<string> CreatePairingCodeAsync(string name, CancellationToken cancellationToken)
    {
        await using var scope = ScopeOfConsole();
        return await scope.ServiceProvider.GetRequiredService<PairingCodes>().CreateAsync(name, cancellationToken);
    }

    /// <summary>
    /// Creates a new API key and password for the local administrator, for when the first ones were lost. Keys of earlier
    /// calls and of the first start are revoked; keys that users created stay.
    /// </summary>
    public async Task<Bootstrap> ReissueAdminCredentialsAsync(CancellationToken cancellationToken)
    {
        await using var scope = ScopeOfConsole();
        return await scope.ServiceProvider.GetRequiredService<LocalAdministrator>().ReissueAsync(cancellationToken);
    }

    private AsyncServiceScope ScopeOfConsole()
    {
        var scope = _app.Services.CreateAsyncScope();
        scope
            .ServiceProvider.GetRequiredService<Caller>()
            .Become(Identity.Console(scope.ServiceProvider.GetRequiredService<Tenancy>().TenantUid));
        return scope;
    }

    public Task WaitForShutdownAsync(CancellationToken cancellationToken) => _app.WaitForShutdownAsync(cancellationToken);

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) is 1)
        {
            return;
        }

        await _app.StopAsync(CancellationToken.None);
        await _app.DisposeAsync();
    }

    private static WebApplication Build(
        ConsoleOptions options,
        StoreProvider store,
        (Tenancy Tenancy, byte[] SessionKey) kept,
        TimeProvider time,
        ILoggerProvider? logs,
        StrongBox<bool> started
    )
    {
        // The empty builder reads no settings from the environment or the working folder: the options are the only settings.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ApplicationName = "Gantry.Server" });
        var certificate = options is { CertificateFile: { } certificateFile, CertificateKeyFile: { } keyFile }
            ? ConsoleCertificates.FromFiles(certificateFile, keyFile)
            : ConsoleCertificates.ServerCertificate(options.DataFolder, CertificateNames(options), time);
        builder
            .WebHost.UseKestrelCore()
            .UseKestrelHttpsConfiguration()
            .ConfigureKestrel(kestrel =>
            {
                kestrel.AddServerHeader = false;
                kestrel.Limits.MaxRequestBodySize = Limits.RequestBody;
                kestrel.Limits.MaxRequestBufferSize = Limits.UnreadRequest;
                kestrel.Limits.Http2.InitialConnectionWindowSize = Limits.UnreadRequest;
                kestrel.Limits.Http2.InitialStreamWindowSize = Limits.UnreadRequest;
                var connections = new ConnectionLimit(options.ConnectionsPerAddress, options.Connections);
                kestrel.Listen(
                    IPAddress.Parse(options.Address),
                    options.Port,
                    listen =>
                    {
                        listen.Use(connections.Around);
                        listen.UseHttps(certificate);
                    }
                );
            });

        // A failed start is reported to the caller; server and host would each log it again. Authentication handlers are
        // the console's own, but their log entries for each request are the framework's.
        var least = logs is null ? LogLevel.Warning : LogLevel.Trace;
        var logging = Configure(builder.Logging, logs)
            .AddFilter(
                (category, level) =>
                    level >= least && (started.Value || category?.StartsWith("Microsoft.", StringComparison.Ordinal) is not true)
            )
            .AddFilter("Gantry.Server.Auth", LogLevel.Warning)
            .AddFilter("Gantry.Server.Gateways.GatewayTokenHandler", LogLevel.Warning);
        foreach (var category in RequestLog.CategoriesWithPaths)
        {
            logging.AddFilter(category, LogLevel.None);
        }

        // The host decides when the console ends, so the console handles no signals.
        builder.Services.AddSingleton<IHostLifetime, HostedByCaller>();
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(5));
        builder.Services.AddConsole(options, store, kept.Tenancy, kept.SessionKey, time);

        var built = builder.Build();
        built.UseMiddleware<RequestLog>();
        built.UseMiddleware<ApiExceptionHandler>();
        built.UseMiddleware<ContractGuard>();
        built.UseRouting();
        built.UseRateLimiter();
        built.UseAuthentication();
        built.UseAuthorization();
        built.UseMiddleware<RequestFields>();
        built.MapConsole();
        return built;
    }

    // Standard output belongs to the program that hosts the console.
    private static ILoggingBuilder Configure(ILoggingBuilder logging, ILoggerProvider? logs)
    {
        if (logs is not null)
        {
            return logging.AddProvider(logs);
        }

        logging.Services.Configure<ConsoleLoggerOptions>(console => console.LogToStandardErrorThreshold = LogLevel.Trace);
        return logging.AddSimpleConsole(console => console.SingleLine = true);
    }

    private static IEnumerable<string> CertificateNames(ConsoleOptions options)
    {
        var names = options.CertificateNames.AsEnumerable();
        if (options.PublicUrl is { } url)
        {
            names = names.Append(url.Host);
        }

        var address = IPAddress.Parse(options.Address);
        return address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any) ? names : names.Append(options.Address);
    }

    private static Uri ReachableUrl(WebApplication running)
    {
        var bound = new Uri(Addresses(running).First());
        var everywhere =
            IPAddress.TryParse(bound.Host.Trim('[', ']'), out var address)
            && (address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any));
        return everywhere ? new Uri($"https://127.0.0.1:{bound.Port}") : bound;
    }

    private static IEnumerable<string> Addresses(WebApplication running) =>
        running.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses;

    private sealed class HostedByCaller : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
