using System.Globalization;
using System.Threading.RateLimiting;
using Gantry.Server.Api;
using Microsoft.AspNetCore.RateLimiting;

namespace Gantry.Server.Auth;

/// <summary>A token bucket: a burst of requests at once, and a number of requests in each further period.</summary>
public sealed record RateLimit(int Burst, int PerPeriod, TimeSpan Period)
{
    internal TokenBucketRateLimiter Bucket() =>
        new(
            new TokenBucketRateLimiterOptions
            {
                TokenLimit = Burst,
                TokensPerPeriod = PerPeriod,
                ReplenishmentPeriod = Period,
            }
        );

    internal string? Problem =>
        this is { Burst: > 0, PerPeriod: > 0 } && Period > TimeSpan.Zero ? null : $"is {this}; write positive numbers";

    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{Burst} at once, then {PerPeriod} per {Period}");
}

/// <summary>
/// Limits requests by source address, before credentials are checked: all requests, and more tightly those that can guess a
/// password or a pairing code. Gateways have a separate bucket, so that users at the same address cannot starve them.
/// </summary>
public static class RateLimits
{
    /// <summary>The policy of operations that can be used to guess a password or a pairing code.</summary>
    public const string Guesses = "Guesses";

    /// <summary>
    /// The policy of operations that read large bodies: few are read at the same time, and the others wait in order.
    /// </summary>
    public const string GatewayBodies = "GatewayBodies";

    public static void AddRateLimits(this IServiceCollection services, ConsoleOptions options) =>
        services.AddRateLimiter(limiter =>
        {
            limiter.GlobalLimiter = PartitionedRateLimiter.Create<HttpContext, (string Address, bool IsGateway)>(context =>
                RateLimitPartition.Get((SourceAddress.Of(context), IsGateway(context)), _ => options.RequestLimit.Bucket())
            );
            limiter.AddPolicy(
                Guesses,
                context => RateLimitPartition.Get(SourceAddress.Of(context), _ => options.GuessLimit.Bucket())
            );
            limiter.AddPolicy(
                GatewayBodies,
                _ => RateLimitPartition.GetConcurrencyLimiter(GatewayBodies, _ => AtTheSameTime(Limits.GatewayBodies))
            );
            limiter.OnRejected = (rejected, _) =>
                throw ApiError.TooManyRequests(
                    rejected.Lease.TryGetMetadata(MetadataName.RetryAfter, out var pause) ? pause : TimeSpan.FromSeconds(1)
                );
        });

    private static ConcurrencyLimiterOptions AtTheSameTime(int requests) =>
        new()
        {
            PermitLimit = requests,
            QueueLimit = Limits.WaitingGatewayBodies,
            QueueProcessingOrder = QueueProcessingOrder.OldestFirst,
        };

    private static bool IsGateway(HttpContext context) =>
        context.Request.Path.StartsWithSegments("/gateway", StringComparison.Ordinal);
}
