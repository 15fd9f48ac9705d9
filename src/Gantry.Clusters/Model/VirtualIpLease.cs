namespace Gantry.Clusters.Model;

/// <summary>
/// The lease of kube-vip: its holder serves the virtual IP. The identity of a holder is the name of its node. kube-vip elects with
/// client-go's elector, whose rules give the times (<c>tools/leaderelection</c>); those of the lease are written into kube-vip's manifest.
/// In ARP mode kube-vip 1.2 looks at no API server: it lets go of the address when it cannot renew the lease, and not before.
/// </summary>
public static class VirtualIpLease
{
    public const string Namespace = "kube-system";
    public const string Name = "plndr-cp-lock";

    /// <summary>Others may take a lease that has not been renewed for this long.</summary>
    public static readonly TimeSpan Duration = TimeSpan.FromSeconds(15);

    /// <summary>A holder that cannot renew the lease for this long gives up the address.</summary>
    public static readonly TimeSpan RenewDeadline = TimeSpan.FromSeconds(10);

    /// <summary>The holder renews the lease this often.</summary>
    public static readonly TimeSpan RetryPeriod = TimeSpan.FromSeconds(2);

    /// <summary>The longest pause between two looks of another kube-vip at the lease: client-go adds up to 120 %.</summary>
    public static readonly TimeSpan LongestRetry = RetryPeriod * 2.2;

    /// <summary>
    /// How long a former holder may keep the address after the lease was given to another: its elector takes that for a failed renewal,
    /// and tries again until its deadline.
    /// </summary>
    public static readonly TimeSpan LettingGo = RetryPeriod + RenewDeadline;

    /// <summary>How long it takes at most until another holds a lease that is not renewed any more.</summary>
    public static readonly TimeSpan Takeover = Duration + LongestRetry;
}
