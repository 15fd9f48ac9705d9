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

/// <summary>What a taint does to pods that do not tolerate it; the words of Kubernetes.</summary>
public static class TaintEffects
{
    public const string NoSchedule = "NoSchedule";
    public const string PreferNoSchedule = "PreferNoSchedule";
    public const string NoExecute = "NoExecute";
}

/// <summary>What MAAS does to the disks of a machine that is given back.</summary>
public static class ErasePolicies
{
    public const string None = "none";
    public const string Quick = "quick";
    public const string Secure = "secure";
    public const string Full = "full";
}
