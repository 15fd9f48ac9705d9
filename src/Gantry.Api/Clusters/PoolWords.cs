namespace Gantry.Api;

/// <summary>How the machines of a pool are replaced.</summary>
public static class UpdateStrategies
{
    /// <summary>Another machine joins before one leaves.</summary>
    public const string RollingUpdateScaleOut = "RollingUpdateScaleOut";

    /// <summary>A machine leaves before another joins.</summary>
    public const string RollingUpdateScaleIn = "RollingUpdateScaleIn";

    /// <summary>Within <c>maxSurge</c> and <c>maxUnavailable</c>.</summary>
    public const string OverrideScaling = "OverrideScaling";
}

/// <summary>Effects of a taint on pods that do not tolerate it, named as in Kubernetes.</summary>
public static class TaintEffects
{
    public const string NoSchedule = "NoSchedule";
    public const string PreferNoSchedule = "PreferNoSchedule";
    public const string NoExecute = "NoExecute";
}

/// <summary>How MAAS erases the disks of a released machine.</summary>
public static class ErasePolicies
{
    public const string None = "none";
    public const string Quick = "quick";
    public const string Secure = "secure";
    public const string Full = "full";
}
