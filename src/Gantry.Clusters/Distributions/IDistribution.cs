namespace Gantry.Clusters.Distributions;

/// <summary>
/// How a Kubernetes distribution is installed and kept: kubeadm today, another one behind the same seam. Pure: it makes
/// documents and rules, and the engine carries them out.
/// </summary>
public interface IDistribution : INodeDocuments, IUpgradeRules;
