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

/// <summary>A region that answers over HTTP on loopback, with time moving by itself.</summary>
public sealed class LabRegionHost : IAsyncDisposable
{
    private static readonly TimeSpan Nap = TimeSpan.FromMilliseconds(50);
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

    /// <summary>The region's base: <c>http://127.0.0.1:5240/MAAS</c>.</summary>
    public Uri Url { get; }

    public LabRegion Region { get; }

    public IMachineReports Reports => Region;

    /// <param name="machines">What happens on the machines; <c>null</c> when nothing does.</param>
    /// <exception cref="IOException">The port is taken.</exception>
    public static async Task<LabRegionHost> StartAsync(
        LabRegionOptions options,
        ILabStore store,
        IMachineHost? machines,
        TimeProvider time,
        CancellationToken cancellationToken
    )
    {
        var region = new LabRegion(options, store, machines, time);
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
        var face = new RegionFace(region, time);
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

    /// <summary>A key of this user: <c>consumer:token:secret</c>.</summary>
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

    /// <summary>Looks often enough that no stage is late by more than what a person would notice.</summary>
    private static async Task RunClockAsync(LabRegion region, TimeProvider time, CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                region.Advance();
                await Task.Delay(Nap, time, cancellationToken);
            }
        }
        catch (OperationCanceledException)
        {
            // The region ends.
        }
    }

    /// <summary>Signals are for the process that hosts the region, not for the region.</summary>
    private sealed class EndedByOwner : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
