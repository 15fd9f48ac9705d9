namespace Gantry.Gateway.Link;

/// <summary>
/// Exponential back-off after failures: one second doubled up to a minute, each delay between half and the whole of that,
/// so that many gateways do not reconnect at the same moment.
/// </summary>
public sealed class BackOff(Random random)
{
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(60);
    private int _failures;

    public TimeSpan Next()
    {
        var whole = TimeSpan.FromSeconds(Math.Pow(2, Math.Min(_failures++, 6)));
        return (whole < Longest ? whole : Longest) * (0.5 + (random.NextDouble() / 2));
    }

    public void Reset() => _failures = 0;
}
