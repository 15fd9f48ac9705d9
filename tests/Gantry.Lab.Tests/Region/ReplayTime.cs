namespace Gantry.Lab.Tests.Region;

/// <summary>The time of day, which the replay moves on.</summary>
internal sealed class ReplayTime : TimeProvider
{
    private TimeSpan _ahead;

    public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + _ahead;

    public void Pass(TimeSpan time) => _ahead += time;
}
