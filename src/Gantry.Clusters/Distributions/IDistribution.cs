namespace Gantry.Clusters.Distributions;

/// <summary>
/// Installation and upgrade of a Kubernetes distribution: kubeadm today. Pure: it returns documents and rules, and the
/// engine executes them.
/// </summary>
public interface IDistribution : INodeDocuments, IUpgradeRules;
