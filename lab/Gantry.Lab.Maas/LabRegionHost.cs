using System.Net;
using Gantry.Lab.Maas.Http;
using Gantry.Lab.Maas.Rows;
using Gantry.Lab.Store;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Gantry.Lab.Maas;

/// <summary>A region served over HTTP on loopback, with a running clock.</summary>
public sealed class LabRegionHost : IAsyncDisposable
{
    private static readonly TimeSpan ClockInterval = TimeSpan.FromMilliseconds(50);
    private readonly WebApplication _app;
    private readonly CancellationTokenSource _ending = new();
    private readonly Task _clock;

    private LabRegionHost(WebApplication app, LabRegion region, Uri url, TimeProvider time)
    {
        _app = app;
        Region = region;
        Url = url;
        _clock = RunClockAsync(region, time, _ending.Token);
    }

    /// <summary>The base URL of the region: <c>http://127.0.0.1:5240/MAAS</c>.</summary>
    public Uri Url { get; }

    public LabRegion Region { get; }

    /// <param name="machines">Receives power and disk changes of machines; <c>null</c> for none.</param>
    /// <param name="resume">
    /// Called before the clock starts and before the first request: what the machines were doing goes on before the region tells them
    /// anything new.
    /// </param>
    /// <exception cref="IOException">The port is in use.</exception>
    public static async Task<LabRegionHost> StartAsync(
        LabRegionOptions options,
        ILabStore store,
        IMachineHost? machines,
        TimeProvider time,
        Action<LabRegion>? resume,
        CancellationToken cancellationToken
    )
    {
        var region = new LabRegion(options, store, machines, time);
        resume?.Invoke(region);
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ApplicationName = "Gantry.Lab" });
        builder
            .WebHost.UseKestrelCore()
            .ConfigureKestrel(kestrel =>
            {
                kestrel.AddServerHeader = false;
                kestrel.Limits.MaxRequestBodySize = null;
                kestrel.Listen(IPAddress.Loopback, options.Port);
            });
        builder.Services.AddRoutingCore();
        builder.Services.AddSingleton<IHostLifetime, EndedByOwner>();
        builder.Logging.ClearProviders();
        var app = builder.Build();
        app.UseRouting();
        LabControl.Map(app, region);
        var face = new RegionFace(region, time, options.ListPerMachine);
        app.MapFallback("{**path}", (RequestDelegate)face.AnswerAsync);
        app.MapMethods(
            "/MAAS/{**path}",
            ["GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH"],
            (RequestDelegate)face.AnswerAsync
        );
        await app.StartAsync(cancellationToken);
        var address = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
        return new LabRegionHost(app, region, new Uri(new Uri(address), "MAAS"), time);
    }

    /// <summary>An API key of a user: <c>consumer:token:secret</c>.</summary>
    public string KeyOf(string username) =>
        Region.Exclusively(state =>
        {
            var key = state.Keys.All.First(key => key.Username == username);
            return $"{key.ConsumerKey}:{key.TokenKey}:{key.TokenSecret}";
        });

    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync();
        await _clock;
        await _app.StopAsync(CancellationToken.None);
        await _app.DisposeAsync();
        _ending.Dispose();
    }

    /// <summary>Advances the region often enough that no stage is noticeably late.</summary>
    private static async Task RunClockAsync(LabRegion region, TimeProvider time, CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                region.Advance();
                await Task.Delay(ClockInterval, time, cancellationToken);
            }
        }
        catch (OperationCanceledException)
        {
            // The region is stopping.
        }
    }

    /// <summary>Ignores signals: the process that hosts the region handles them.</summary>
    private sealed class EndedByOwner : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
